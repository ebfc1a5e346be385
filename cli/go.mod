module github.com/lockstep-db/lockstep/cli

go 1.26.0

require (
	github.com/lockstep-db/lockstep/libs/netconn v0.0.0
	github.com/lockstep-db/lockstep/libs/repl v0.0.0
	github.com/lockstep-db/lockstep/libs/resp v0.0.0
	github.com/peterh/liner v1.2.3
	github.com/urfave/cli/v2 v2.27.7
	golang.org/x/term v0.47.0
)

require (
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/cpuguy83/go-md2man/v2 v2.0.7 // indirect
	github.com/mattn/go-runewidth v0.0.31 // indirect
	github.com/russross/blackfriday/v2 v2.1.0 // indirect
	github.com/tidwall/btree v1.1.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/redcon v1.6.4 // indirect
	github.com/xrash/smetrics v0.0.0-20240521201337-686a1a2994c1 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace (
	github.com/lockstep-db/lockstep/libs/netconn => ../libs/netconn
	github.com/lockstep-db/lockstep/libs/repl => ../libs/repl
	github.com/lockstep-db/lockstep/libs/resp => ../libs/resp
)
