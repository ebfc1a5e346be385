package main

import "github.com/urfave/cli/v2"

const examples = `Examples:
   lockstep-cli SET greeting hello                 one command
   lockstep-cli -n 3 --json HGETALL user:7         database 3, JSON
   lockstep-cli < commands.txt                     one command a line, "quoted words" as in redis-cli
   lockstep-cli -x SET picture < picture.png       the last argument from standard input
   lockstep-cli -r -1 -i 1 INCR ticks              once a second, until ^C
   lockstep-cli --scan --pattern 'user:*'          the keys that match
   lockstep-cli --ldb --eval f.lua key , argument  debugs a script; help there lists what it understands
   lockstep-cli --pipe < protocol.txt              mass insertion
   lockstep-cli -u redis://ann:secret@host:6380/2  another server
   lockstep-cli                                    a prompt

Exit code: 0 fine, 1 an error reply or no connection, 2 wrong arguments, 130 interrupted. What runs until ^C
(SUBSCRIBE, MONITOR, --latency, -r -1) ends with 0 then.

Environment: REDISCLI_AUTH is the password, REDISCLI_HISTFILE the file of the prompt's history.`

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "h", Value: "127.0.0.1", Usage: "`HOST` of the server"},
		&cli.IntFlag{Name: "p", Value: 6379, Usage: "`PORT` of the server"},
		&cli.StringFlag{Name: "s", Usage: "Unix `SOCKET` of the server, instead of host and port"},
		&cli.StringFlag{Name: "u", Usage: "`URI` redis://[user:password@]host[:port][/database]"},
		&cli.StringFlag{Name: "a", Aliases: []string{"pass"}, Usage: "`PASSWORD`; the environment variable REDISCLI_AUTH is safer"},
		&cli.StringFlag{Name: "user", Usage: "user `NAME`, with a password"},
		&cli.BoolFlag{Name: "askpass", Usage: "ask for the password"},
		&cli.BoolFlag{Name: "no-auth-warning", Usage: "do not warn about passwords in arguments"},
		&cli.IntFlag{Name: "n", Usage: "`DATABASE` number"},
		&cli.BoolFlag{Name: "c", Usage: "follow MOVED and ASK of a cluster"},
		&cli.BoolFlag{Name: "2", Usage: "speak RESP2"},
		&cli.BoolFlag{Name: "3", Usage: "speak RESP3"},
		&cli.Int64Flag{Name: "r", Value: 1, Usage: "run the command `N` times; -1 is for ever"},
		&cli.Float64Flag{Name: "i", Usage: "`SECONDS` between repetitions"},
		&cli.BoolFlag{Name: "x", Usage: "read the last argument from standard input"},
		&cli.StringFlag{Name: "X", Usage: "read the argument that is `TAG` from standard input"},
		&cli.BoolFlag{Name: "quoted-input", Usage: "arguments may be quoted, as in \"\\x00\""},
		&cli.BoolFlag{Name: "e", Usage: "print error replies on standard error; redis-cli exits with 1 after one with -e only, lockstep-cli always"},
		&cli.BoolFlag{Name: "raw", Usage: "print replies as they are; the default when output is no terminal"},
		&cli.BoolFlag{Name: "no-raw", Usage: "print replies with their types"},
		&cli.BoolFlag{Name: "csv", Usage: "print replies as CSV"},
		&cli.BoolFlag{Name: "json", Usage: "print replies as JSON"},
		&cli.BoolFlag{Name: "quoted-json", Usage: "print replies as JSON, with strings escaped as for people"},
		&cli.StringFlag{Name: "d", Value: "\n", Usage: "`DELIMITER` between the parts of a raw reply"},
		&cli.StringFlag{Name: "D", Value: "\n", Usage: "`DELIMITER` behind a raw reply"},
		&cli.StringFlag{Name: "show-pushes", Usage: "`yes|no`: print out-of-band messages; the default is yes on a terminal"},
		&cli.BoolFlag{Name: "pipe", Usage: "send standard input, protocol or commands, and count the replies"},
		&cli.IntFlag{Name: "pipe-timeout", Value: 30, Usage: "`SECONDS` to wait for the last reply; 0 is for ever"},
		&cli.BoolFlag{Name: "scan", Usage: "list the keys, with SCAN"},
		&cli.StringFlag{Name: "pattern", Usage: "list the keys that match `GLOB` only"},
		&cli.StringFlag{Name: "quoted-pattern", Usage: "--pattern with a quoted `GLOB`, as in \"\\x00*\""},
		&cli.IntFlag{Name: "count", Usage: "`NUMBER` of keys that one SCAN is to look at"},
		&cli.StringFlag{Name: "rdb", Usage: "save the server's data set to `FILE`; - is standard output"},
		&cli.StringFlag{Name: "functions-rdb", Usage: "save the server's functions to `FILE`"},
		&cli.BoolFlag{Name: "replica", Aliases: []string{"slave"}, Usage: "follow the server and print the commands that it replicates"},
		&cli.BoolFlag{Name: "latency", Usage: "measure how long the server takes to answer"},
		&cli.BoolFlag{Name: "latency-history", Usage: "--latency that begins a new line every 15 seconds, or -i"},
		&cli.BoolFlag{Name: "latency-dist", Usage: "show how many answers took how long, a line of colors a second, or -i"},
		&cli.BoolFlag{Name: "mono", Usage: "--latency-dist in grey"},
		&cli.IntFlag{Name: "intrinsic-latency", Usage: "measure for `SECONDS` how long this machine lets a process wait; needs no server"},
		&cli.Int64Flag{Name: "lru-test", Usage: "simulate a cache of `N` keys of which few are popular, and print the hits"},
		&cli.BoolFlag{Name: "stat", Usage: "print keys, memory, clients and requests every second, or -i"},
		&cli.BoolFlag{Name: "bigkeys", Usage: "find the key with the most elements of each type"},
		&cli.BoolFlag{Name: "memkeys", Usage: "find the key with the most memory of each type"},
		&cli.IntFlag{Name: "memkeys-samples", Usage: "--memkeys that looks at `N` elements of a key; 0 is all"},
		&cli.BoolFlag{Name: "hotkeys", Usage: "find the keys that are used most; needs an LFU maxmemory-policy"},
		&cli.StringFlag{Name: "eval", Usage: "run the script in `FILE`; the arguments are its keys and, behind a word that is a comma, its other arguments"},
		&cli.BoolFlag{Name: "ldb", Usage: "with --eval: debug the script, on a copy of the data"},
		&cli.BoolFlag{Name: "ldb-sync-mode", Usage: "with --eval: debug the script on the data itself, while all other clients wait"},
		&cli.BoolFlag{Name: "verbose", Usage: "tell on standard error about connections and times"},
		&cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "print the version"},
		&cli.BoolFlag{Name: "help", Aliases: []string{"?"}, Usage: "print this"},
	}
}
