// lockstep-server is a Redis-compatible in-memory data store built around replication. It takes redis-server's arguments.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/lockstep-db/lockstep/server/internal/app"
	"github.com/lockstep-db/lockstep/server/internal/config"
)

// version is set by the linker.
var version = "dev"

func main() {
	// The engine runs on the process's first thread, which the system picks for a signal to the process: so SIGSTOP holds the engine
	// up at once, and not only when some other thread has been scheduled.
	runtime.LockOSThread()
	os.Exit(run(app.TakeArgs()))
}

func run(args []string, title *app.Title) int {
	if why := notHere(args[1:]); why != "" {
		fmt.Fprintln(os.Stderr, why)
		return 2
	}
	cl := config.ParseArgs(args[1:])
	switch {
	case cl.Version:
		fmt.Printf("Lockstep server v=%s compatible=redis-%s %s bits=64\n", version, config.RedisVersion, runtime.Version())
		return 0
	case cl.Help:
		fmt.Print(help)
		return 0
	}
	var stdin []byte
	if cl.Stdin {
		var err error
		if stdin, err = keepStdin(); err != nil {
			fmt.Fprintln(os.Stderr, "read standard input:", err)
			return 1
		}
	}
	cfg, err := app.ReadConfig(cl)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if cfg.Daemonize && cfg.Supervised == "no" {
		if os.Getenv(daemonEnv) == "" {
			if err := daemonize(args, stdin); err != nil {
				fmt.Fprintln(os.Stderr, "run in the background:", err)
				return 1
			}
			return 0
		}
		if cfg.PIDFile == "" {
			cfg.PIDFile = defaultPIDFile
		}
	}
	if err := app.Run(app.Options{Version: version, Config: cfg, Executable: args[0], Args: args, Title: title, Stdout: os.Stdout}); err != nil {
		return 1
	}
	return 0
}

// notHere says why a mode of redis-server is none of ours, "" for anything else.
func notHere(args []string) string {
	if len(args) == 0 {
		return ""
	}
	switch args[0] {
	case "--check-system":
		return "There is no --check-system: it looks for settings of the kernel that harm a server which forks, and this one does not fork."
	case "--test-memory":
		return "There is no --test-memory: a Go program does not choose the memory that it gets. Test it with memtester, or memtest86+ from the boot loader."
	}
	return ""
}

const help = `Usage: lockstep-server [/path/to/redis.conf] [options] [-]
       lockstep-server - (read config from stdin)
       lockstep-server -v or --version
       lockstep-server -h or --help

Every directive of the configuration file is also an option: --name value.

Examples:
       lockstep-server (run the server with default conf)
       echo 'maxmemory 128mb' | lockstep-server -
       lockstep-server /etc/redis/6379.conf
       lockstep-server --port 7777
       lockstep-server --port 7777 --replicaof 127.0.0.1 8888
       lockstep-server /etc/myredis.conf --loglevel verbose -
       lockstep-server --io-backend epoll
`
