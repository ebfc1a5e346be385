package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
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
	// asRedis: started under the name redis-cli, this is to do what that program does.
	asRedis     bool
	errorsApart bool // -e: error replies go to standard error
	cluster     bool // -c: follow MOVED and ASK
	verbose     bool

	pipe        bool
	pipeTimeout time.Duration
	scan        bool
	pattern     string
	count       int // of SCAN; 0 leaves it to the server
	latency     bool
	history     bool // --latency-history, with latency
	latencyDist bool
	mono        bool // --latency-dist in grey
	intrinsic   int  // seconds of --intrinsic-latency; 0 is without
	lruKeys     int64
	stat        bool
	bigKeys     bool // --bigkeys, --memkeys
	memKeys     bool // --memkeys, with bigKeys
	memSamples  int  // of MEMORY USAGE; negative leaves them to the server
	hotKeys     bool
	rdbFile     string // of --rdb and --functions-rdb
	functions   bool   // --functions-rdb
	replica     bool
	evalFile    string // of --eval
	debug       bool   // --ldb
	debugSync   bool   // --ldb-sync-mode, with debug
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
		UsageText: p.name + " [options] [COMMAND [ARG...]]", Description: examples,
		Flags: flags(), Reader: p.in, Writer: p.out, ErrWriter: p.err,
		// The default handler would end the process.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.Bool("help") {
				return cli.ShowAppHelp(c)
			}
			if c.Bool("version") {
				if asRedis { // scripts read which redis-cli this stands for
					fmt.Fprintf(p.out, "redis-cli 7.0.15 (lockstep-cli %s)\n", version)
					return nil
				}
				fmt.Fprintf(p.out, "%s %s\n", p.name, version)
				return nil
			}
			o, err := p.readOptions(c)
			if err != nil {
				return err
			}
			o.asRedis, o.failing = asRedis, !asRedis || c.Bool("e")
			code = p.start(ctx, o)
			return nil
		},
	}
	if err := app.RunContext(ctx, append([]string{p.name}, args...)); err != nil {
		p.complain(err, args, asRedis)
		return usage
	}
	return code
}

// complain tells what is wrong with the arguments; under the name redis-cli in
// that program's words, which Redis's tests look for.
func (p process) complain(err error, args []string, asRedis bool) {
	text, out := err.Error(), p.err
	if !asRedis {
		fmt.Fprintf(out, "%s: %s\nTry %s --help.\n", p.name, text, p.name)
		return
	}
	for _, form := range []string{"flag provided but not defined: ", "flag needs an argument: "} {
		if name, ok := strings.CutPrefix(text, form); ok {
			if slices.Contains(args, "-"+name) {
				name = "-" + name // as it was typed
			}
			text = fmt.Sprintf("Unrecognized option or bad number of args for: '%s'", name)
		}
	}
	if strings.HasPrefix(text, "Invalid quoted string") {
		out = p.out // where redis-cli prints it
	}
	fmt.Fprintln(out, text)
}

func (p process) readOptions(c *cli.Context) (*options, error) {
	o := &options{
		host: c.String("h"), port: c.Int("p"), socket: c.String("s"), user: c.String("user"), db: c.Int("n"),
		partDelimiter: c.String("d"), replyDelimiter: c.String("D"),
		args: c.Args().Slice(), repeat: c.Int64("r"), lastArg: c.Bool("x"), tagArg: c.String("X"),
		pipe: c.Bool("pipe"), pipeTimeout: time.Duration(c.Int("pipe-timeout")) * time.Second,
		scan: c.Bool("scan"), pattern: c.String("pattern"), count: c.Int("count"), latency: c.Bool("latency"),
		rdbFile: c.String("rdb"), replica: c.Bool("replica"), cluster: c.Bool("c"), errorsApart: c.Bool("e"), verbose: c.Bool("verbose"),
	}
	o.evalFile, o.debugSync = c.String("eval"), c.Bool("ldb-sync-mode")
	if o.debug = c.Bool("ldb") || o.debugSync; o.debug && o.evalFile == "" {
		return nil, errors.New("Options --ldb and --ldb-sync-mode require --eval.")
	}
	if err := o.readSurveys(c); err != nil {
		return nil, err
	}
	if name := c.String("functions-rdb"); name != "" {
		o.rdbFile, o.functions = name, true
	}
	if password := p.getenv("REDISCLI_AUTH"); password != "" {
		o.password, o.auth = password, true
	}
	if c.IsSet("a") {
		o.password, o.auth = c.String("a"), true
	}
	if c.Bool("askpass") {
		password, err := p.askPassword()
		if err != nil {
			return nil, fmt.Errorf("read the password: %w", err)
		}
		o.password, o.auth = password, true
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
		return nil, errors.New("Options -x and -X are mutually exclusive.")
	}
	if c.Bool("2") && c.Bool("3") {
		return nil, errors.New("Options -2 and -3 are mutually exclusive.")
	}
	if o.cluster && o.socket != "" {
		return nil, errors.New("Options -c and -s are mutually exclusive.")
	}
	if o.count < 0 {
		return nil, fmt.Errorf("--count: %d is no number of keys", o.count)
	}
	if text := c.String("quoted-pattern"); text != "" {
		var err error
		if o.pattern, err = unquote(text); err != nil {
			return nil, err
		}
	}
	if err := p.readOutput(c, o); err != nil {
		return nil, err
	}
	return o, p.readArgs(c, o)
}

// readOutput settles protocol and format, which depend on each other.
func (p process) readOutput(c *cli.Context, o *options) error {
	switch {
	case c.Bool("quoted-json"):
		o.format, o.proto = formatQuotedJSON, 3
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
	case "yes", "y":
		o.showPushes = true
	case "no", "n":
	default:
		return errors.New("--show-pushes takes yes or no")
	}
	return nil
}

// readArgs completes the command's arguments.
func (p process) readArgs(c *cli.Context, o *options) error {
	if c.Bool("quoted-input") {
		for i, arg := range o.args {
			var err error
			if o.args[i], err = unquote(arg); err != nil {
				return err
			}
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
	return fmt.Errorf("Using -X option but stdin tag not match: no argument is %q", o.tagArg)
}

// unquote returns the one word that text is, with the quoting of a line.
func unquote(text string) (string, error) {
	words, err := splitWords([]byte(text))
	if err != nil || len(words) != 1 {
		return "", fmt.Errorf("Invalid quoted string: %s", text)
	}
	return words[0], nil
}

// askPassword reads a password from the terminal, without showing it, or from
// the first line of standard input if that is none.
func (p process) askPassword() (string, error) {
	fmt.Fprint(p.err, "Please input password: ")
	if p.readPassword != nil {
		password, err := p.readPassword()
		fmt.Fprintln(p.err)
		return string(password), err
	}
	// Byte by byte: what follows the line belongs to others.
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := p.in.Read(b)
		if n == 1 && b[0] != '\n' {
			line = append(line, b[0])
		}
		if n == 1 && b[0] == '\n' || err == io.EOF && len(line) > 0 {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		if err != nil {
			return "", err
		}
	}
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
		return errors.New("Invalid URI scheme: it begins with redis://")
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
