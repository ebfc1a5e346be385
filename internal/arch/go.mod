module github.com/lockstep-db/lockstep/internal/arch

go 1.26
