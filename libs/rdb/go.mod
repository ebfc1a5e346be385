module github.com/lockstep-db/lockstep/libs/rdb

go 1.26

require github.com/lockstep-db/lockstep/libs/resp v0.0.0

require (
	github.com/tidwall/btree v1.1.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/redcon v1.6.4 // indirect
)

replace github.com/lockstep-db/lockstep/libs/resp => ../../libs/resp
