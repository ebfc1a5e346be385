package check

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
)

// Set is what a manifest says of the files of an append-only file.
type Set struct {
	Manifest string // path of the manifest
	Files    []SetFile
	Report   *Report // of the manifest itself
}

// SetFile is a file that is to be loaded.
type SetFile struct {
	Path string
	Kind aof.Kind
	Last bool // it is the one that was written to
}

// FindManifests returns the manifests in a directory, and other files that look like RDB or append-only files.
func FindManifests(dir string) (manifests, others []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		name := e.Name()
		switch path := filepath.Join(dir, name); {
		case e.IsDir():
		case strings.HasSuffix(name, ".manifest"):
			if !strings.HasPrefix(name, "temp-") {
				manifests = append(manifests, path)
			}
		case looksLikeData(name):
			others = append(others, path)
		}
	}
	return manifests, others, nil
}

func looksLikeData(name string) bool {
	for _, packed := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packed)
	}
	return strings.HasSuffix(name, ".rdb") || strings.HasSuffix(name, ".aof")
}

// OpenSet reads a manifest and compares it with its directory.
func OpenSet(manifest string, opts Options) (*Set, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, err
	}
	s := &Set{Manifest: manifest, Report: &Report{Kind: "manifest"}}
	m, err := aof.ParseManifest(text)
	var bad *aof.ManifestError
	if errors.As(err, &bad) {
		s.tell(opts, Corrupt, offsetOfLine(text, bad.Line), bad.Error())
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(manifest)
	s.files(m, dir, opts)
	s.sequence(m, opts)
	return s, s.directory(m, dir, opts)
}

// tell passes a finding about the manifest on.
func (s *Set) tell(opts Options, severity Severity, offset int64, reason string) {
	if severity == Corrupt {
		s.Report.Faults++
	} else {
		s.Report.Warnings++
	}
	opts.Finding(&Finding{Severity: severity, Offset: offset, Record: -1, Resume: -1, Op: "read-manifest", Reason: reason})
}

// offsetOfLine returns where a line begins, counted from 1; -1 for none.
func offsetOfLine(text []byte, line int) int64 {
	if line < 1 {
		return -1
	}
	at := int64(0)
	for n, l := range strings.SplitAfter(string(text), "\n") {
		if n+1 == line {
			break
		}
		at += int64(len(l))
	}
	return at
}

// files looks for what is listed: missing files, and files that are listed twice.
func (s *Set) files(m *aof.Manifest, dir string, opts Options) {
	seen := map[string]bool{}
	list := m.Files()
	for i, f := range list {
		path := filepath.Join(dir, f.Name)
		if seen[f.Name] {
			s.tell(opts, Corrupt, -1, fmt.Sprintf("%s is listed twice", f.Name))
			continue
		}
		seen[f.Name] = true
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			s.tell(opts, Corrupt, -1, fmt.Sprintf("%s file %s is missing", f.Kind, f.Name))
			continue
		}
		s.Files = append(s.Files, SetFile{path, f.Kind, i == len(list)-1})
	}
	for _, f := range m.History {
		if seen[f.Name] {
			s.tell(opts, Corrupt, -1, fmt.Sprintf("history file %s is also to be loaded, and will be removed", f.Name))
		}
	}
	if m.Empty() {
		s.tell(opts, Warning, -1, "the manifest lists nothing to load")
	}
}

// sequence looks for numbers that were left out: files that somebody took out of the manifest.
func (s *Set) sequence(m *aof.Manifest, opts Options) {
	for i := 1; i < len(m.Incr); i++ {
		if before, f := m.Incr[i-1], m.Incr[i]; f.Seq != before.Seq+1 {
			s.tell(opts, Warning, -1, fmt.Sprintf("a gap in the sequence: %s (%d) follows %s (%d)", f.Name, f.Seq, before.Name, before.Seq))
		}
	}
}

// directory looks for files that belong to the set by their names and that the manifest does not know.
func (s *Set) directory(m *aof.Manifest, dir string, opts Options) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(filepath.Base(s.Manifest), ".manifest")
	var listed []string
	for _, f := range append(m.Files(), m.History...) {
		listed = append(listed, f.Name)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == filepath.Base(s.Manifest) || slices.Contains(listed, name):
		case strings.HasPrefix(name, base+".") && looksLikeData(name):
			s.tell(opts, Warning, -1, fmt.Sprintf("%s is not in the manifest", name))
		case strings.HasPrefix(name, "temp-"):
			s.tell(opts, Warning, -1, fmt.Sprintf("%s is left over from something that did not end", name))
		}
	}
	return nil
}
