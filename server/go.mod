module github.com/lockstep-db/lockstep/server

go 1.26.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/coreos/go-systemd/v22 v22.7.0
	github.com/lockstep-db/lockstep/libs/netconn v0.0.0
	github.com/lockstep-db/lockstep/libs/rdb v0.0.0
	github.com/lockstep-db/lockstep/libs/repl v0.0.0
	github.com/lockstep-db/lockstep/libs/resp v0.0.0
	github.com/tidwall/btree v1.8.1
	github.com/yuin/gopher-lua v1.1.2
	golang.org/x/crypto v0.59.0
	golang.org/x/sys v0.50.0
)

require (
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/redcon v1.6.4 // indirect
)

replace (
	github.com/lockstep-db/lockstep/libs/netconn => ../libs/netconn
	github.com/lockstep-db/lockstep/libs/rdb => ../libs/rdb
	github.com/lockstep-db/lockstep/libs/repl => ../libs/repl
	github.com/lockstep-db/lockstep/libs/resp => ../libs/resp
)
