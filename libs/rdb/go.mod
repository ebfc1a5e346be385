module github.com/lockstep-db/lockstep/libs/rdb

go 1.26

replace github.com/lockstep-db/lockstep/libs/resp => ../../libs/resp
