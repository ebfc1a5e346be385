module github.com/lockstep-db/lockstep/libs/rdb

go 1.26

require (
	github.com/lockstep-db/lockstep/libs/resp v0.0.0
)

replace (
	github.com/lockstep-db/lockstep/libs/resp => ../../libs/resp
)
