package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	namedFile   = regexp.MustCompile("[A-Za-z0-9_./{},-]*[A-Za-z0-9_}]\\.(go|md|sh)\\b")
	namedFolder = regexp.MustCompile("^(libs|server|cli|rdbcheck|bench|test|docs|internal/arch)/[A-Za-z0-9_/-]+$")
)

// A page or a package comment that names a file or a folder names one that is there. A file may be named without the folder that
// holds it, and several at once as {a,b}.go.
func TestNamedFilesExist(t *testing.T) {
	root, paths := trackedFiles(t)
	for _, page := range paths {
		if filepath.Ext(page) != ".md" || strings.Contains(page, "testdata/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			if missing := missingFiles(m[1], paths); missing != "" {
				t.Errorf("%s names %s, which does not exist", page, missing)
			}
		}
	}
	for _, p := range packages(t) {
		for _, f := range p.Files {
			if missing := missingFiles(f.AST.Doc.Text(), paths); missing != "" {
				t.Errorf("the package comment in %s names %s, which does not exist", f.Path, missing)
			}
		}
	}
}

// missingFiles returns a file or folder that text names and paths lacks, if there is one.
func missingFiles(text string, paths []string) string {
	for _, name := range namedFile.FindAllString(text, -1) {
		for _, one := range alternatives(name) {
			if !slices.ContainsFunc(paths, func(p string) bool { return p == one || strings.HasSuffix(p, "/"+one) }) {
				return one
			}
		}
	}
	if namedFolder.MatchString(text) && !slices.ContainsFunc(paths, func(p string) bool { return under(p, text) }) {
		return text
	}
	return ""
}

// alternatives takes "a/{b,c}.go" apart.
func alternatives(name string) []string {
	head, rest, ok := strings.Cut(name, "{")
	middle, tail, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return []string{name}
	}
	var all []string
	for one := range strings.SplitSeq(middle, ",") {
		all = append(all, head+one+tail)
	}
	return all
}
