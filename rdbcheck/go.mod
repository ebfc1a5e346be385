module github.com/lockstep-db/lockstep/rdbcheck

go 1.26

require (
	github.com/klauspost/compress v1.20.4
	github.com/lockstep-db/lockstep/libs/rdb v0.0.0
	github.com/schollz/progressbar/v3 v3.19.1
	github.com/urfave/cli/v2 v2.27.7
)

require (
	github.com/cpuguy83/go-md2man/v2 v2.0.7 // indirect
	github.com/lockstep-db/lockstep/libs/resp v0.0.0 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/russross/blackfriday/v2 v2.1.0 // indirect
	github.com/tidwall/btree v1.1.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/redcon v1.6.4 // indirect
	github.com/xrash/smetrics v0.0.0-20240521201337-686a1a2994c1 // indirect
	golang.org/x/sys v0.46.0 // indirect
	golang.org/x/term v0.44.0 // indirect
)

replace (
	github.com/lockstep-db/lockstep/libs/rdb => ../libs/rdb
	github.com/lockstep-db/lockstep/libs/resp => ../libs/resp
)
