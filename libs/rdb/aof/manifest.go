package aof

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// Kind is what a file of the manifest is for; the value is its letter there.
type Kind byte

// The kinds of files.
const (
	Base    Kind = 'b'
	Incr    Kind = 'i'
	History Kind = 'h'
)

func (k Kind) String() string {
	switch k {
	case Base:
		return "base"
	case Incr:
		return "incr"
	case History:
		return "history"
	}
	return fmt.Sprintf("kind %q", byte(k))
}

// File is a line of the manifest. Names are those of files in the manifest's own directory.
type File struct {
	Name string
	Seq  int64 // from 1
	Kind Kind
}

// Manifest says which files make up an append-only file. The zero value has none.
type Manifest struct {
	Base    *File
	Incr    []File // in the order in which they are loaded; Seq rises
	History []File // replaced; they may be gone already

	// The last numbers given to a file of the kind, whether or not it is still listed.
	BaseSeq, IncrSeq int64
}

// ManifestError is a fault of a manifest; Reason is what Redis says of it.
type ManifestError struct {
	Line   int    // from 1; 0 when it concerns no line
	Text   string // of the line
	Reason string
}

func (e *ManifestError) Error() string {
	if e.Line == 0 {
		return "AOF manifest: " + e.Reason
	}
	return fmt.Sprintf("AOF manifest, line %d: %s: %.128q", e.Line, e.Reason, e.Text)
}

// maxManifestLine bounds a line with its end, in bytes.
const maxManifestLine = 1024

// Reasons of a ManifestError.
const (
	reasonEmpty     = "Found an empty AOF manifest"
	reasonLong      = "The AOF manifest file contains too long line"
	reasonFormat    = "Invalid AOF manifest file format"
	reasonPath      = "File can't be a path, just a filename"
	reasonTwoBases  = "Found duplicate base file information"
	reasonMonotonic = "Found a non-monotonic sequence number"
	reasonKind      = "Unknown AOF file type"
)

// ParseManifest reads a manifest. Its errors are *ManifestError.
func ParseManifest(text []byte) (*Manifest, error) {
	if len(text) == 0 {
		return nil, &ManifestError{Reason: reasonEmpty}
	}
	m := &Manifest{}
	for n := 1; len(text) > 0; n++ {
		line, rest, ended := bytes.Cut(text, []byte{'\n'})
		text = rest
		if len(line) > 0 && line[0] == '#' {
			continue
		}
		reason := reasonLong
		if ended && len(line) < maxManifestLine {
			line = bytes.Trim(line, " \t\r\n")
			reason = m.addLine(line)
		}
		if reason != "" {
			return nil, &ManifestError{Line: n, Text: string(line[:min(len(line), maxManifestLine)]), Reason: reason}
		}
	}
	return m, nil
}

// addLine takes one line and returns what is wrong with it.
func (m *Manifest) addLine(line []byte) (reason string) {
	words, _, err := resp.SplitArgs(nil, nil, line)
	// More pairs than the three that are known are for future versions.
	if err != nil || len(words) < 6 || len(words)%2 != 0 || bytes.IndexByte(line, 0) >= 0 {
		return reasonFormat
	}
	var f File
	for i := 0; i < len(words); i += 2 {
		value := string(words[i+1])
		switch strings.ToLower(string(words[i])) {
		case "file":
			if strings.ContainsAny(value, `/\`) {
				return reasonPath
			}
			f.Name = value
		case "seq":
			if f.Seq, err = strconv.ParseInt(value, 10, 64); err != nil {
				return reasonFormat
			}
		case "type":
			if len(value) != 1 {
				return reasonKind
			}
			f.Kind = Kind(value[0])
		}
	}
	if f.Name == "" || f.Name == "." || f.Name == ".." || f.Seq <= 0 || f.Kind == 0 {
		return reasonFormat
	}
	return m.add(f)
}

func (m *Manifest) add(f File) (reason string) {
	switch f.Kind {
	case Base:
		if m.Base != nil {
			return reasonTwoBases
		}
		m.Base, m.BaseSeq = &f, f.Seq
	case Incr:
		if f.Seq <= m.IncrSeq {
			return reasonMonotonic
		}
		m.Incr, m.IncrSeq = append(m.Incr, f), f.Seq
	case History:
		m.History = append(m.History, f)
	default:
		return reasonKind
	}
	return ""
}

// Append appends the text of the manifest: base, history, incr.
func (m *Manifest) Append(dst []byte) []byte {
	if m.Base != nil {
		dst = m.Base.append(dst)
	}
	for _, f := range m.History {
		dst = f.append(dst)
	}
	for _, f := range m.Incr {
		dst = f.append(dst)
	}
	return dst
}

func (f *File) append(dst []byte) []byte {
	dst = append(dst, "file "...)
	if plain(f.Name) {
		dst = append(dst, f.Name...)
	} else {
		dst = resp.AppendQuoted(dst, []byte(f.Name))
	}
	dst = append(dst, " seq "...)
	dst = strconv.AppendInt(dst, f.Seq, 10)
	return append(append(dst, " type "...), byte(f.Kind), '\n')
}

// plain reports whether a word needs no quotes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\'' || c == '\\' {
			return false
		}
	}
	return s != "" && s[0] != '#'
}

// Clone returns a copy that shares nothing.
func (m *Manifest) Clone() *Manifest {
	c := *m
	if m.Base != nil {
		base := *m.Base
		c.Base = &base
	}
	c.Incr, c.History = slices.Clone(m.Incr), slices.Clone(m.History)
	return &c
}

// Empty reports whether the manifest lists nothing to load.
func (m *Manifest) Empty() bool { return m.Base == nil && len(m.Incr) == 0 }

// Files lists what is to be loaded, in order.
func (m *Manifest) Files() []File {
	var files []File
	if m.Base != nil {
		files = append(files, *m.Base)
	}
	return append(files, m.Incr...)
}

// Last is the incremental file that is written to, nil if there is none.
func (m *Manifest) Last() *File {
	if len(m.Incr) == 0 {
		return nil
	}
	return &m.Incr[len(m.Incr)-1]
}

// AddIncr adds the next incremental file of an append-only file of this name and returns it.
func (m *Manifest) AddIncr(name string) File {
	m.IncrSeq++
	f := File{Name: name + "." + strconv.FormatInt(m.IncrSeq, 10) + ".incr.aof", Seq: m.IncrSeq, Kind: Incr}
	m.Incr = append(m.Incr, f)
	return f
}

// ReplaceBase puts a new base in the place of the old one, which becomes history, and returns it.
func (m *Manifest) ReplaceBase(name string, rdb bool) File {
	if m.Base != nil {
		m.retire(*m.Base)
	}
	m.BaseSeq++
	suffix := ".base.aof"
	if rdb {
		suffix = ".base.rdb"
	}
	f := File{Name: name + "." + strconv.FormatInt(m.BaseSeq, 10) + suffix, Seq: m.BaseSeq, Kind: Base}
	m.Base = &f
	return f
}

// RetireIncr makes the incremental files history, but the last keep of them: those that a new base does not contain.
func (m *Manifest) RetireIncr(keep int) {
	n := max(len(m.Incr)-keep, 0)
	for _, f := range m.Incr[:n] {
		m.retire(f)
	}
	m.Incr = slices.Clone(m.Incr[n:])
}

func (m *Manifest) retire(f File) {
	f.Kind = History
	m.History = slices.Insert(m.History, 0, f)
}

// ManifestName is the name of the manifest of an append-only file; TempManifestName that of the next one.
func ManifestName(name string) string     { return name + ".manifest" }
func TempManifestName(name string) string { return "temp-" + name + ".manifest" }

// TempIncrName is the name of the incremental file that is written while an append-only file is switched on and has no
// base yet.
func TempIncrName(name string) string { return "temp-" + name + ".incr" }
