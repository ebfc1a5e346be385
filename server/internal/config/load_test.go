package config

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
)

// files is a tiny file system.
type files map[string]string

func (f files) source(stdin string) Source {
	return Source{
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := f[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		Glob: func(pattern string) (names []string, err error) {
			for name := range f {
				if glob(pattern, name) {
					names = append(names, name)
				}
			}
			return names, nil
		},
		Stdin: strings.NewReader(stdin),
	}
}

func load(text string) (*Config, error) {
	c := New()
	return c, c.Load(CommandLine{File: "main"}, files{"main": text}.source(""))
}

func TestLoadFile(t *testing.T) {
	c, err := load("# comment\r\n\n  PORT 7000\t\r\nMaxMemory 1GB\nrequirepass \"a \\x41\"\nsave 900 1\nsave 60 5\n" +
		"client-output-buffer-limit slave 1mb 2kb 3\nslaveof host 6380\nuser alice on >x\nrename-command FLUSHALL \"\"\n" +
		"bind 127.0.0.1 -::1\nlua-replicate-commands yes\nslave-priority 7\nhz 9999\nunixsocketperm 770")
	if err != nil {
		t.Fatal(err)
	}
	if c.Port != 7000 || c.MaxMemory != 1<<30 || c.RequirePass != "a A" || c.ReplicaPriority != 7 || c.Hz != 500 || c.UnixSocketPerm != 0o770 {
		t.Errorf("got %+v", c)
	}
	if want := []SavePoint{{900, 1}, {60, 5}}; !reflect.DeepEqual(c.SavePoints, want) {
		t.Errorf("save: %v", c.SavePoints)
	}
	if want := (OutputLimit{1 << 20, 2 << 10, 3}); c.ClientOutputBufferLimit.Replica != want || c.ClientOutputBufferLimit.PubSub.Hard != 32<<20 {
		t.Errorf("limits: %v", c.ClientOutputBufferLimit)
	}
	if host, port, ok := c.MasterAddr(); host != "host" || port != 6380 || !ok {
		t.Errorf("master: %s %d %v", host, port, ok)
	}
	if want := []UserLine{{10, []string{"alice", "on", ">x"}}}; !reflect.DeepEqual(c.Users, want) {
		t.Errorf("users: %v", c.Users)
	}
	if want := []RenameCommand{{11, "FLUSHALL", ""}}; !reflect.DeepEqual(c.RenameCommands, want) {
		t.Errorf("renamed: %v", c.RenameCommands)
	}
	if want := []string{"127.0.0.1", "-::1"}; !reflect.DeepEqual(c.Bind, want) {
		t.Errorf("bind: %v", c.Bind)
	}
}

// The reasons are those of redis-server 7.0.15 for the same lines.
func TestLoadRefuses(t *testing.T) {
	const bad = "Bad directive or wrong number of arguments"
	for line, reason := range map[string]string{
		"foo bar":                               bad,
		"port":                                  "wrong number of arguments",
		"port 1 2":                              "wrong number of arguments",
		"port abc":                              "argument couldn't be parsed into an integer",
		"port 070":                              "argument couldn't be parsed into an integer",
		"port 99999":                            "argument must be between 0 and 65535 inclusive",
		"port \"abc":                            "Unbalanced quotes in configuration line",
		"save 1":                                "Invalid save parameters",
		"save 0 1":                              "Invalid save parameters",
		"save a b":                              "Invalid save parameters",
		"slaveof a 99999999":                    "Invalid master port",
		"replicaof a":                           "wrong number of arguments",
		"rename-command a":                      bad,
		"loadmodule":                            bad,
		"user":                                  bad,
		"include":                               bad,
		"maxmemory 1q":                          "argument must be a memory value",
		"maxmemory -1":                          "argument must be a memory value",
		"maxmemory-clients x":                   "argument must be a memory or percent value",
		"maxmemory-clients 101%":                "percentage argument must be less or equal to 100",
		"sentinel monitor a":                    "sentinel directive while not in sentinel mode",
		"databases 0":                           "argument must be between 1 and 2147483647 inclusive",
		"unixsocketperm 999":                    "argument couldn't be parsed as an octal number",
		"io-threads 1000":                       "argument must be between 1 and 128 inclusive",
		"socket-mark-id -1":                     "argument must be between 0 and 4294967295 inclusive",
		"daemonize maybe":                       "argument must be 'yes' or 'no'",
		"supervised maybe":                      "argument(s) must be one of the following: upstart, systemd, auto, no",
		"appendfilename a/b":                    "appendfilename can't be a path, just a filename",
		"appendfilename \"\"":                   "appendfilename can't be empty",
		`dbfilename "a\\b"`:                     "dbfilename can't be a path, just a filename",
		"dbfilename a/b":                        "dbfilename can't be a path, just a filename",
		"bind" + strings.Repeat(" a", 17):       "Too many bind addresses specified.",
		"client-output-buffer-limit normal 1 2": "Wrong number of arguments in buffer limit configuration.",
		"client-output-buffer-limit master 1 2 3":  "Invalid client class specified in buffer limit configuration.",
		"client-output-buffer-limit normal 1x 2 3": "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
		"shutdown-on-sigint save nosave":           "shutdown options SAVE and NOSAVE can't be used simultaneously",
		"oom-score-adj-values 1 2":                 "wrong number of arguments",
		"oom-score-adj-values 1 2 3001":            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
		"latency-tracking-info-percentiles 101":    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
		"latency-tracking-info-percentiles a":      "Invalid latency-tracking-info-percentiles parameters",
		"notify-keyspace-events Q":                 "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
		"proc-title-template {foo}":                "template format is invalid or contains unknown variables",
		"proto-max-bulk-len 18446744073709551615":  "argument must be between 1048576 and 9223372036854775807 inclusive",
		"cluster-enabled yes":                      "there is no cluster mode",
		"tls-port 6380":                            bad,
		"tls-replication no":                       bad,
		"activedefrag yes": "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis " +
			"source distribution",
		"io-backend kqueue": "argument(s) must be one of the following: auto, uring, epoll, portable",
	} {
		_, err := load("hz 10\n  " + line + "\n")
		var le *LineError
		if !errors.As(err, &le) || le.Line != 2 || le.Text != line || le.Reason != reason {
			t.Errorf("%s: got %v", line, err)
		}
	}
}

func TestLineErrorText(t *testing.T) {
	_, err := load("port 1\nfoo bar\n")
	want := "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 2\n>>> 'foo bar'\nBad directive or wrong number of arguments\n"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	c, _ := load("\ndir \"/x y\"\n")
	if err := c.Fail("dir", "No such file or directory"); !strings.Contains(err.Error(), "at line 2\n>>> 'dir /x y'\nNo such file") {
		t.Errorf("got %v", err)
	}
}

func TestFileErrorText(t *testing.T) {
	_, err := os.ReadFile("testdata/none.conf")
	err = &FileError{"none.conf", err}
	if err.Error() != "Fatal error, can't open config file 'none.conf': No such file or directory" {
		t.Errorf("got %v", err)
	}
}

func TestInclude(t *testing.T) {
	f := files{"main": "port 1\ninclude d/*.conf\ninclude d/*.none\ntimeout 3\n", "d/a.conf": "port 2\n", "loop": "include loop", "lost": "include nowhere", "bad": "include d/b", "d/b": "\nfoo\n"}
	c := New()
	if err := c.Load(CommandLine{File: "main"}, f.source("")); err != nil || c.Port != 2 || c.Timeout != 3 {
		t.Errorf("port %d, timeout %d, %v", c.Port, c.Timeout, err)
	}
	if err := New().Load(CommandLine{File: "loop"}, f.source("")); err == nil || !strings.Contains(err.Error(), "include nested deeper than 16") {
		t.Errorf("loop: %v", err)
	}
	var fe *FileError
	if err := New().Load(CommandLine{File: "lost"}, f.source("")); !errors.As(err, &fe) || fe.Name != "nowhere" {
		t.Errorf("lost: %v", err)
	}
	if err := New().Load(CommandLine{File: "bad"}, f.source("")); err == nil || !strings.Contains(err.Error(), "Reading the configuration file d/b, at line 2\n>>> 'foo'") {
		t.Errorf("bad: %v", err)
	}
}

// The lines are those that redis-server 7.0.15 reports when it refuses them.
func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args string
		want CommandLine
		line int
		text string
	}{
		{args: "", want: CommandLine{}},
		{args: "-v", want: CommandLine{Version: true}},
		{args: "--help", want: CommandLine{Help: true}},
		{args: "-", want: CommandLine{Stdin: true}},
		{args: "f -", want: CommandLine{File: "f", Stdin: true}},
		{args: "--port|1|-", want: CommandLine{Stdin: true, Options: `port "1" `}},
		{args: "--port|1|--save||--hz|5", want: CommandLine{Options: "port \"1\" \nsave \"\" \nhz \"5\" "}},
		{args: "--save|--hz|5", want: CommandLine{Options: "save \"\"\nhz \"5\" "}},
		{args: "--hz|5|--save", want: CommandLine{Options: "hz \"5\" \nsave \"\""}},
		{args: "--port|abc", line: 2, text: `port "abc"`},
		{args: "--port|7|--foo|b ar|--baz", line: 3, text: `foo "b ar"`},
		{args: "--port=7", line: 2, text: "port=7"},
		{args: "--save|--port|abc", line: 3, text: `port "abc"`},
		{args: "--port", line: 2, text: "port"},
		{args: "--replicaof|h|1|2", line: 2, text: `replicaof "h" "1" "2"`},
		{args: "--port 7955|--foo", line: 3, text: "foo"},
		{args: "--port|--port", line: 2, text: `port "--port"`},
		{args: "--save|1|1|2|2|--foo|x", line: 3, text: `foo "x"`},
		{args: "-x", line: 2, text: `"-x"`},
		{args: "-|x", line: 2, text: `"x"`},
		{args: "--port|79x|-|--hz|5", line: 2, text: `port "79x" "-"`},
		{args: "f|--foo|1", line: 4, text: `foo "1"`},
	} {
		var args []string
		if c.args != "" {
			args = strings.Split(strings.Replace(c.args, "f -", "f|-", 1), "|")
		}
		cl := ParseArgs(args)
		if c.line == 0 {
			if cl != c.want {
				t.Errorf("%s: got %+v", c.args, cl)
			}
			continue
		}
		err := New().Load(cl, files{"f": "hz 5\nport 6\n"}.source(""))
		var le *LineError
		if !errors.As(err, &le) || le.Line != c.line || le.Text != c.text {
			t.Errorf("%s: got %v", c.args, err)
		}
	}
}

func TestOptionsComeLast(t *testing.T) {
	cl := ParseArgs([]string{"main", "--port", "3", "--save", "5 6", "-"})
	c := New()
	if err := c.Load(cl, files{"main": "port 1\nhz 11\nsave 1 2"}.source("hz 12\nport 2")); err != nil {
		t.Fatal(err)
	}
	if c.Port != 3 || c.Hz != 12 || len(c.SavePoints) != 2 || c.ConfigFile != "main" {
		t.Errorf("got port %d hz %d save %v file %s", c.Port, c.Hz, c.SavePoints, c.ConfigFile)
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{"port 1\n", "save \n", "save \"\"\n", "include x\n", "user a \"b\n", "notify-keyspace-events KEA", "maxmemory 99999999999gb", "bind \"\"", "latency-tracking-info-percentiles nan"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(text)
		if err != nil {
			return
		}
		// What was accepted is written so that it is accepted again, as the same values.
		again, err := load(string(c.rewritten("", false)))
		if err != nil {
			t.Fatalf("%q is rewritten as %q: %v", text, c.rewritten("", false), err)
		}
		for i, d := range c.Directives() {
			if got := again.directives[i].show(); got != d.show() {
				t.Fatalf("%s: %q became %q", d.Name, d.show(), got)
			}
		}
	})
}
