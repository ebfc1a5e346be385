package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// options are the arguments of the program, read and checked.
type options struct {
	host     string
	port     int
	socket   string
	user     string
	password string
	auth     bool // with password, even if it is empty
	db       int

	proto  int // 2 or 3 by HELLO; 0 leaves the server's default
	format format
	// delimiters of raw output: between the parts of a reply and behind a reply.
	partDelimiter, replyDelimiter string
	showPushes                    bool

	args     []string
	repeat   int64 // negative: for ever
	interval time.Duration
	lastArg  bool   // -x
	tagArg   string // -X
	failing  bool   // error replies count for the exit code

	pipe        bool
	pipeTimeout time.Duration
	scan        bool
	pattern     string
	latency     bool
}

// run is the program; it returns the exit code.
func (p process) run(ctx context.Context, args []string) int {
	asRedis := p.name == "redis-cli"
	code := exitOK
	usage := exitUsage
	if asRedis {
		usage = exitError
	}
	app := &cli.App{
		Name: p.name, Version: version, HideHelp: true, HideVersion: true, HideHelpCommand: true,
		Usage:     "talk to a Redis-compatible server",
		UsageText: p.name + " [options] [COMMAND [ARG...]]",
		Flags:     flags(), Reader: p.in, Writer: p.out, ErrWriter: p.err,
		// The default handler would end the process.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.Bool("help") {
				return cli.ShowAppHelp(c)
			}
			if c.Bool("version") {
				fmt.Fprintf(p.out, "%s %s\n", p.name, version)
				return nil
			}
			o, err := p.readOptions(c)
			if err != nil {
				return err
			}
			o.failing = !asRedis || c.Bool("e")
			code = p.start(ctx, o)
			return nil
		},
	}
	if err := app.RunContext(ctx, append([]string{p.name}, args...)); err != nil {
		fmt.Fprintf(p.err, "%s: %v\nTry %s --help.\n", p.name, err, p.name)
		return usage
	}
	return code
}

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "h", Value: "127.0.0.1", Usage: "`HOST` of the server"},
		&cli.IntFlag{Name: "p", Value: 6379, Usage: "`PORT` of the server"},
		&cli.StringFlag{Name: "s", Usage: "Unix `SOCKET` of the server, instead of host and port"},
		&cli.StringFlag{Name: "u", Usage: "`URI` redis://[user:password@]host[:port][/database]"},
		&cli.StringFlag{Name: "a", Aliases: []string{"pass"}, Usage: "`PASSWORD`; the environment variable REDISCLI_AUTH is safer"},
		&cli.StringFlag{Name: "user", Usage: "user `NAME`, with a password"},
		&cli.BoolFlag{Name: "no-auth-warning", Usage: "do not warn about passwords in arguments"},
		&cli.IntFlag{Name: "n", Usage: "`DATABASE` number"},
		&cli.BoolFlag{Name: "2", Usage: "speak RESP2"},
		&cli.BoolFlag{Name: "3", Usage: "speak RESP3"},
		&cli.Int64Flag{Name: "r", Value: 1, Usage: "run the command `N` times; -1 is for ever"},
		&cli.Float64Flag{Name: "i", Usage: "`SECONDS` between repetitions"},
		&cli.BoolFlag{Name: "x", Usage: "read the last argument from standard input"},
		&cli.StringFlag{Name: "X", Usage: "read the argument that is `TAG` from standard input"},
		&cli.BoolFlag{Name: "quoted-input", Usage: "arguments may be quoted, as in \"\\x00\""},
		&cli.BoolFlag{Name: "e", Usage: "exit with 1 after an error reply (as redis-cli; lockstep-cli always does)"},
		&cli.BoolFlag{Name: "raw", Usage: "print replies as they are; the default when output is no terminal"},
		&cli.BoolFlag{Name: "no-raw", Usage: "print replies with their types"},
		&cli.BoolFlag{Name: "csv", Usage: "print replies as CSV"},
		&cli.BoolFlag{Name: "json", Usage: "print replies as JSON"},
		&cli.StringFlag{Name: "d", Value: "\n", Usage: "`DELIMITER` between the parts of a raw reply"},
		&cli.StringFlag{Name: "D", Value: "\n", Usage: "`DELIMITER` behind a raw reply"},
		&cli.StringFlag{Name: "show-pushes", Usage: "`yes|no`: print out-of-band messages; the default is yes on a terminal"},
		&cli.BoolFlag{Name: "pipe", Usage: "send standard input, protocol or commands, and count the replies"},
		&cli.IntFlag{Name: "pipe-timeout", Value: 30, Usage: "`SECONDS` to wait for the last reply; 0 is for ever"},
		&cli.BoolFlag{Name: "scan", Usage: "list the keys, with SCAN"},
		&cli.StringFlag{Name: "pattern", Usage: "list the keys that match `GLOB` only"},
		&cli.BoolFlag{Name: "latency", Usage: "measure how long the server takes to answer"},
		&cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "print the version"},
		&cli.BoolFlag{Name: "help", Aliases: []string{"?"}, Usage: "print this"},
	}
}

func (p process) readOptions(c *cli.Context) (*options, error) {
	o := &options{
		host: c.String("h"), port: c.Int("p"), socket: c.String("s"), user: c.String("user"), db: c.Int("n"),
		partDelimiter: c.String("d"), replyDelimiter: c.String("D"),
		args: c.Args().Slice(), repeat: c.Int64("r"), lastArg: c.Bool("x"), tagArg: c.String("X"),
		pipe: c.Bool("pipe"), pipeTimeout: time.Duration(c.Int("pipe-timeout")) * time.Second,
		scan: c.Bool("scan"), pattern: c.String("pattern"), latency: c.Bool("latency"),
	}
	if password := p.getenv("REDISCLI_AUTH"); password != "" {
		o.password, o.auth = password, true
	}
	if c.IsSet("a") {
		o.password, o.auth = c.String("a"), true
	}
	if c.IsSet("u") {
		if err := o.readURI(c.String("u")); err != nil {
			return nil, err
		}
	}
	if o.auth && (c.IsSet("a") || c.IsSet("u") && o.password != p.getenv("REDISCLI_AUTH")) && !c.Bool("no-auth-warning") {
		fmt.Fprintln(p.err, "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.")
	}
	if o.port < 0 || o.port > math.MaxUint16 {
		return nil, fmt.Errorf("-p: %d is no port", o.port)
	}
	seconds := c.Float64("i")
	if seconds < 0 || math.IsNaN(seconds) || seconds > 1e9 {
		return nil, fmt.Errorf("-i: %v is no number of seconds", seconds)
	}
	o.interval = time.Duration(seconds * float64(time.Second))
	if o.lastArg && o.tagArg != "" {
		return nil, errors.New("-x and -X exclude each other")
	}
	if c.Bool("2") && c.Bool("3") {
		return nil, errors.New("-2 and -3 exclude each other")
	}
	if err := p.readOutput(c, o); err != nil {
		return nil, err
	}
	return o, p.readArgs(c, o)
}

// readOutput settles protocol and format, which depend on each other.
func (p process) readOutput(c *cli.Context, o *options) error {
	switch {
	case c.Bool("json"):
		o.format, o.proto = formatJSON, 3
	case c.Bool("csv"):
		o.format = formatCSV
	case c.Bool("raw"), !p.outTerminal && !c.Bool("no-raw"):
		o.format = formatRaw
	}
	if c.Bool("2") {
		o.proto = 2
	}
	if c.Bool("3") {
		o.proto = 3
	}
	switch c.String("show-pushes") {
	case "":
		o.showPushes = p.outTerminal
	case "yes":
		o.showPushes = true
	case "no":
	default:
		return errors.New("--show-pushes takes yes or no")
	}
	return nil
}

// readArgs completes the command's arguments.
func (p process) readArgs(c *cli.Context, o *options) error {
	if c.Bool("quoted-input") {
		for i, arg := range o.args {
			words, err := splitWords([]byte(arg))
			if err != nil || len(words) != 1 {
				return fmt.Errorf("invalid quoted string: %s", arg)
			}
			o.args[i] = words[0]
		}
	}
	if !o.lastArg && o.tagArg == "" {
		return nil
	}
	data, err := io.ReadAll(p.in)
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	if o.lastArg {
		o.args = append(o.args, string(data))
		return nil
	}
	for i, arg := range o.args {
		if arg == o.tagArg {
			o.args[i] = string(data)
			return nil
		}
	}
	return fmt.Errorf("no argument is %q, the tag of -X", o.tagArg)
}

// readURI sets what a URI says: redis://[[user:]password@]host[:port][/database].
func (o *options) readURI(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("invalid URI: %w", errors.Unwrap(err))
	}
	switch u.Scheme {
	case "redis":
	case "rediss":
		return errors.New("rediss://: TLS is not supported yet")
	default:
		return errors.New("invalid URI scheme: it begins with redis://")
	}
	if u.User != nil {
		o.auth = true
		if password, ok := u.User.Password(); ok {
			o.user, o.password = u.User.Username(), password
		} else {
			o.password = u.User.Username()
		}
	}
	if host := u.Hostname(); host != "" {
		o.host = host
	}
	if port := u.Port(); port != "" {
		if o.port, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("invalid port in URI: %s", port)
		}
	}
	if db := strings.TrimPrefix(u.Path, "/"); db != "" {
		if o.db, err = strconv.Atoi(db); err != nil {
			return fmt.Errorf("invalid database in URI: %s", db)
		}
	}
	return nil
}
