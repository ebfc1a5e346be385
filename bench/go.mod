module github.com/lockstep-db/lockstep/bench

go 1.26.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/lockstep-db/lockstep/libs/netconn v0.0.0
	github.com/lockstep-db/lockstep/libs/resp v0.0.0
	github.com/urfave/cli/v2 v2.27.7
)

require (
	github.com/cpuguy83/go-md2man/v2 v2.0.7 // indirect
	github.com/russross/blackfriday/v2 v2.1.0 // indirect
	github.com/tidwall/btree v1.1.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/redcon v1.6.4 // indirect
	github.com/xrash/smetrics v0.0.0-20240521201337-686a1a2994c1 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace (
	github.com/lockstep-db/lockstep/libs/netconn => ../libs/netconn
	github.com/lockstep-db/lockstep/libs/resp => ../libs/resp
)
