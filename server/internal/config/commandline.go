package config

import (
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// CommandLine is what redis-server's arguments ask for:
//
//	[FILE] [-] [--NAME VALUE...]... [-]
type CommandLine struct {
	Version bool // -v or --version, alone
	Help    bool // -h or --help, alone
	// File is the config file, or empty.
	File string
	// Stdin is set when "-" stands first or last: more lines come from there.
	Stdin bool
	// Options are the --NAME VALUE arguments, as lines of a config file.
	Options string
}

// ParseArgs reads the arguments behind the program's name, with the rules of
// redis-server 7.0:
//
//   - a first argument without "-" is the file;
//   - "--name" begins a directive, the arguments up to the next "--" are its
//     values; the argument right behind a name is always a value;
//   - "--name value" as one argument is complete;
//   - "--save" without value means "".
func ParseArgs(args []string) CommandLine {
	var cl CommandLine
	if len(args) == 1 {
		switch args[0] {
		case "-v", "--version":
			return CommandLine{Version: true}
		case "-h", "--help":
			return CommandLine{Help: true}
		}
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		cl.File, args = args[0], args[1:]
	}
	first := cl.File == ""
	var options []byte
	nameMayCome := true
	for i, arg := range args {
		last := i == len(args)-1
		switch {
		case arg == "-" && (first && i == 0 || last):
			cl.Stdin = true
		case nameMayCome && strings.HasPrefix(arg, "--"):
			if len(options) > 0 {
				options = append(options, '\n')
			}
			options = append(append(options, arg[2:]...), ' ')
			words, _, _ := resp.SplitArgs(nil, nil, []byte(arg))
			// The next argument is this name's value, whatever it looks like.
			nameMayCome = len(words) != 1
			if strings.EqualFold(arg, "--save") && (last || strings.HasPrefix(args[i+1], "--")) {
				options = append(options, `""`...)
				nameMayCome = true
			}
		default:
			options = append(resp.AppendQuoted(options, []byte(arg)), ' ')
			nameMayCome = true
		}
	}
	cl.Options = string(options)
	return cl
}
