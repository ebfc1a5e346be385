package scripting

import (
	"bytes"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Library is a set of functions that one FUNCTION LOAD has registered.
type Library struct {
	Name      string
	Source    []byte
	Functions []*Function // in the order of their registration

	deadline time.Time // of its loading, zero: none
}

// Function is what FCALL calls.
type Function struct {
	Name        string
	Description string
	Described   bool // Description was given
	Flags       Flags
	fn          *lua.LFunction
}

// Libraries is a set of libraries, in which function names are unique.
type Libraries struct {
	libs      map[string]*Library
	functions map[string]*Function
}

// NewLibraries returns an empty set.
func NewLibraries() *Libraries {
	return &Libraries{libs: map[string]*Library{}, functions: map[string]*Function{}}
}

// All lists the libraries by name.
func (s *Libraries) All() []*Library {
	out := make([]*Library, 0, len(s.libs))
	for _, lib := range s.libs {
		out = append(out, lib)
	}
	slices.SortFunc(out, func(a, b *Library) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Len is the number of libraries and of functions.
func (s *Libraries) Len() (libraries, functions int) { return len(s.libs), len(s.functions) }

// Delete removes a library; false: there is none of that name.
func (s *Libraries) Delete(name []byte) bool {
	lib := s.libs[string(name)]
	if lib == nil {
		return false
	}
	s.unlink(lib)
	return true
}

func (s *Libraries) unlink(lib *Library) {
	delete(s.libs, lib.Name)
	for _, f := range lib.Functions {
		delete(s.functions, strings.ToLower(f.Name))
	}
}

func (s *Libraries) link(lib *Library) {
	s.libs[lib.Name] = lib
	for _, f := range lib.Functions {
		s.functions[strings.ToLower(f.Name)] = f
	}
}

// find finds a function, in either case.
func (s *Libraries) find(name []byte) *Function {
	if f := s.functions[string(name)]; f != nil {
		return f
	}
	return s.functions[string(bytes.ToLower(name))]
}

// Join adds the libraries of another set, or none of them. replace lets them take the place of those that have their names.
func (s *Libraries) Join(more *Libraries, replace bool) (errText string) {
	var old []*Library
	for _, lib := range more.All() {
		if before := s.libs[lib.Name]; before != nil {
			if !replace {
				errText = "Library " + lib.Name + " already exists"
				break
			}
			old = append(old, before)
			s.unlink(before)
		}
	}
	for _, lib := range more.All() {
		for _, f := range lib.Functions {
			if errText == "" && s.functions[strings.ToLower(f.Name)] != nil {
				errText = "Function " + f.Name + " already exists"
			}
		}
	}
	if errText != "" {
		for _, lib := range old {
			s.link(lib)
		}
		return errText
	}
	for _, lib := range more.libs {
		s.link(lib)
	}
	return ""
}
