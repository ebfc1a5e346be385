module github.com/lockstep-db/lockstep/test

go 1.26.0

require (
	github.com/lockstep-db/lockstep/libs/resp v0.0.0-00010101000000-000000000000
	github.com/redis/go-redis/v9 v9.23.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/tidwall/btree v1.1.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/redcon v1.6.4 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace (
	github.com/lockstep-db/lockstep/libs/rdb => ../libs/rdb
	github.com/lockstep-db/lockstep/libs/resp => ../libs/resp
)
