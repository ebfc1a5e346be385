package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// RedisVersion is the version that messages name, since tools look for them.
const RedisVersion = "7.0.15"

// maxIncludes bounds how deep include directives are nested.
const maxIncludes = 16

// Source is where directives come from.
type Source struct {
	ReadFile func(name string) ([]byte, error)
	// Glob returns the names that match the pattern of an include, sorted.
	Glob  func(pattern string) ([]string, error)
	Stdin io.Reader
}

// LineError is a line that is refused. Its text is what redis-server prints
// before it exits with 1.
type LineError struct {
	// File is the included file that has the line; empty for the main one, and
	// for stdin and the command line, which count as the lines behind it.
	File   string
	Line   int // from 1; 0 when no single line is to blame
	Text   string
	Reason string
}

func (e *LineError) Error() string {
	head := "\n*** FATAL CONFIG FILE ERROR (Redis " + RedisVersion + ") ***\n"
	if e.Line == 0 {
		return head + e.Reason + "\n"
	}
	file := ""
	if e.File != "" {
		file = " " + e.File
	}
	return fmt.Sprintf("%sReading the configuration file%s, at line %d\n>>> '%s'\n%s\n", head, file, e.Line, e.Text, e.Reason)
}

// FileError is a config file that cannot be read.
type FileError struct {
	Name string
	Err  error
}

func (e *FileError) Error() string {
	why := e.Err.Error()
	var path *fs.PathError
	if errors.As(e.Err, &path) {
		// The name stands in the message already; C begins its texts with a capital.
		why = path.Err.Error()
		why = strings.ToUpper(why[:1]) + why[1:]
	}
	return fmt.Sprintf("Fatal error, can't open config file '%s': %s", e.Name, why)
}

func (e *FileError) Unwrap() error { return e.Err }

// Load reads the file, stdin and the options, in this order: what comes last
// counts. Errors are *FileError, *LineError or an error of stdin. A Config
// whose Load failed must not be used.
func (c *Config) Load(cl CommandLine, src Source) error {
	var text strings.Builder
	if cl.File != "" {
		data, err := src.ReadFile(cl.File)
		if err != nil {
			return &FileError{cl.File, err}
		}
		c.ConfigFile = cl.File
		text.Write(data)
		endLine(&text, data)
	}
	if cl.Stdin {
		data, err := io.ReadAll(src.Stdin)
		if err != nil {
			return fmt.Errorf("read config from stdin: %w", err)
		}
		text.Write(data)
		endLine(&text, data)
	}
	if cl.Options != "" {
		// Redis parts them by an empty line; its line numbers count that one.
		text.WriteString("\n" + cl.Options)
	}
	l := loader{c: c, src: src}
	if err := l.text(text.String(), "", 0); err != nil {
		return err
	}
	return nil
}

func endLine(b *strings.Builder, data []byte) {
	if n := len(data); n > 0 && data[n-1] != '\n' {
		b.WriteByte('\n')
	}
}

// Fail returns the error for a directive whose value proved wrong after Load:
// it names the line that had it.
func (c *Config) Fail(name, reason string) error {
	d := c.byName[name]
	return &LineError{Line: d.line, Text: name + " " + d.show(), Reason: reason}
}

// loader reads one config.
type loader struct {
	c   *Config
	src Source
}

// text reads the lines of a file.
func (l *loader) text(text, file string, depth int) error {
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		if reason, err := l.line(line, i+1, depth); err != nil {
			return err
		} else if reason != "" {
			return &LineError{File: file, Line: i + 1, Text: line, Reason: reason}
		}
	}
	return nil
}

const badDirective = "Bad directive or wrong number of arguments"

// line reads one directive. The reason says what is wrong with the line itself.
func (l *loader) line(line string, number, depth int) (reason string, err error) {
	words, err := splitWords(line)
	if err != nil {
		return "Unbalanced quotes in configuration line", nil
	}
	if len(words) == 0 {
		return "", nil
	}
	name := strings.ToLower(words[0])
	if d := l.c.byName[name]; d != nil {
		args := words[1:]
		if len(args) == 1 && args[0] != "" && d.flags&multi != 0 {
			// All of the arguments may stand in one pair of quotes.
			if args, err = splitWords(args[0]); err != nil {
				return "Unbalanced quotes in configuration line", nil
			}
		}
		if err := d.parse(input{args: args, file: true, again: d.loaded}); err != nil {
			return err.Error(), nil
		}
		d.line, d.loaded = number, true
		return "", nil
	}
	switch {
	case name == "include" && len(words) == 2:
		return l.include(words[1], depth)
	case name == "user" && len(words) >= 2:
		l.c.Users = append(l.c.Users, UserLine{number, words[1:]})
	case name == "rename-command" && len(words) == 3:
		l.c.RenameCommands = append(l.c.RenameCommands, RenameCommand{number, words[1], words[2]})
	case name == "loadmodule" && len(words) >= 2:
		return "modules are not supported", nil
	case name == "sentinel":
		return "sentinel directive while not in sentinel mode", nil
	case deprecated(name) && len(words) == 2:
	default:
		return badDirective, nil
	}
	return "", nil
}

// deprecated tells directives that once meant something and are passed over.
func deprecated(name string) bool {
	switch name {
	case "list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands":
		return true
	}
	return false
}

func (l *loader) include(pattern string, depth int) (reason string, err error) {
	if depth == maxIncludes {
		return fmt.Sprintf("include nested deeper than %d", maxIncludes), nil
	}
	names := []string{pattern}
	if strings.ContainsAny(pattern, "*?[") {
		if names, err = l.src.Glob(pattern); err != nil {
			return err.Error(), nil
		}
	}
	for _, name := range names {
		data, err := l.src.ReadFile(name)
		if err != nil {
			return "", &FileError{name, err}
		}
		if err := l.text(string(data), name, depth+1); err != nil {
			return "", err
		}
	}
	return "", nil
}

// splitWords cuts a line into words with Redis's quoting rules.
func splitWords(line string) ([]string, error) {
	parts, _, err := resp.SplitArgs(nil, nil, []byte(line))
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = string(part)
	}
	return words, err
}
