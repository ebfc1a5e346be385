package arch

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// forbidden lists, for the packages at and below a prefix, imports of the standard library that they must not have.
var forbidden = []struct {
	prefix  string
	exact   bool // the package itself only, not those below
	imports string
	why     string
}{
	{"libs/repl", true, "net os os/exec syscall log log/slog math/rand math/rand/v2 crypto/rand sync context bufio",
		"ring 1 is pure: values in, values out"},
	{"libs/repl/wire", true, "net os os/exec syscall log log/slog math/rand math/rand/v2", "ring 2 talks through io.Reader and io.Writer"},
	{"libs/resp", false, "net os os/exec syscall log log/slog", "the protocol does no I/O"},
	{"libs/rdb/encoding", false, "net os os/exec syscall log log/slog io bufio", "codecs are []byte in, []byte out"},
	{"server/internal/store", false, "net os os/exec log log/slog", "the store has no sockets, no files and no clock"},
	{"server/internal/command", true, "net os os/exec syscall log log/slog", "handlers see a Ctx only"},
	{"server/internal/commands", false, "net os os/exec syscall log log/slog", "handlers see a Ctx only"},
}

// socketOwners are the packages that may use net and crypto/tls.
var socketOwners = []string{"libs/netconn", "server/internal/app", "server/internal/commands/commandtest", "test"}

// fileOwners are the packages of the server and the libraries that may touch files.
var fileOwners = []string{"server/internal/commands/commandtest", "server/internal/vfs", "server/internal/persist", "server/internal/app", "libs/netconn", "cli", "rdbcheck", "bench", "test", "internal/arch"}

// clockless packages are given the time.
var clockless = []string{"libs/repl", "server/internal/store", "server/internal/command"}

var (
	clockCalls = strings.Fields("Now Since Until Sleep After AfterFunc NewTimer NewTicker Tick")
	fileCalls  = strings.Fields("Open OpenFile OpenInRoot OpenRoot Create CreateTemp ReadFile WriteFile ReadDir Rename Remove RemoveAll Mkdir MkdirAll MkdirTemp Link Symlink Truncate Chmod Chown Chtimes Stat Lstat DirFS")
)

func TestForbiddenImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range forbidden {
			if p.Path != rule.prefix && (rule.exact || !under(p.Path, rule.prefix)) || p.Path == "server/internal/commands/commandtest" {
				continue
			}
			for _, im := range p.Imports {
				if slices.Contains(strings.Fields(rule.imports), im) {
					t.Errorf("%s must not import %s: %s", p.Path, im, rule.why)
				}
			}
		}
		for _, im := range p.Imports {
			if (im == "net" || im == "crypto/tls") && !underAny(p.Path, socketOwners) {
				t.Errorf("%s must not import %s: only netconn and app do", p.Path, im)
			}
		}
	}
}

func TestClocklessPackages(t *testing.T) {
	for _, p := range packages(t) {
		if p.Path != "libs/repl" && !underAny(p.Path, clockless[1:]) {
			continue
		}
		eachSelector(p, "time", clockCalls, func(where, call string) {
			t.Errorf("%s: %s is given the time and must not ask for it (%s)", where, p.Path, call)
		})
	}
}

func TestFilesAreTouchedByTheirOwnersOnly(t *testing.T) {
	for _, p := range packages(t) {
		if underAny(p.Path, fileOwners) {
			continue
		}
		eachSelector(p, "os", fileCalls, func(where, call string) {
			t.Errorf("%s: only vfs and persist touch files (%s)", where, call)
		})
	}
}

// eachSelector calls f for every use of one of the names of a standard package, under whatever name it was imported.
func eachSelector(p pkg, imported string, names []string, f func(where, call string)) {
	for _, src := range p.Files {
		local := localName(src.AST, imported)
		ast.Inspect(src.AST, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == local && id.Obj == nil && slices.Contains(names, sel.Sel.Name) {
				f(position(src, n), imported+"."+sel.Sel.Name)
			}
			return true
		})
	}
}

// localName returns the name under which a file imports a package of the standard library, "" if it does not.
func localName(f *ast.File, path string) string {
	for _, im := range f.Imports {
		if im.Path.Value == `"`+path+`"` {
			if im.Name != nil {
				return im.Name.Name
			}
			return path[strings.LastIndexByte(path, '/')+1:]
		}
	}
	return ""
}
