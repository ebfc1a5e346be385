package diff

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// What has differed once is said again: testdata/found.txt holds conversations, each a paragraph of calls on a connection of its own. The
// last call of a paragraph gives the rule by which all that comes back is compared. Where lines begin with "(connection 1)", several
// connections act by turns; where the last one is DEBUG LOADAOF or RELOAD, the others are what is loaded.
func TestFound(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("testdata", "found.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, proto := range []int{2, 3} {
		s := open(t, 1, proto)
		known := map[string]bool{}
		for i := range s.grammar {
			known[s.grammar[i].name()] = true
		}
		for paragraph := range strings.SplitSeq(strings.TrimSpace(string(page)), "\n\n") {
			s.wipe()
			st := paragraphStep(t, paragraph, known)
			if wrong := s.play(&st); wrong != nil {
				t.Errorf("RESP%d:\n%s\n%s", proto, paragraph, strings.Join(wrong, "\n"))
			}
			if d := s.sameData(); d != "" {
				t.Errorf("RESP%d:\n%s\nthe data differ: %s", proto, paragraph, d)
			}
		}
	}
}

var connection = regexp.MustCompile(`^\(connection (\d+)\) `)

// paragraphStep reads the calls of a paragraph.
func paragraphStep(t *testing.T, paragraph string, known map[string]bool) step {
	st := step{how: apart}
	for line := range strings.Lines(paragraph) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var c call
		if by := connection.FindStringSubmatch(line); by != nil {
			st.how, line = together, line[len(by[0]):]
			c.who, _ = strconv.Atoi(by[1])
		}
		words, _, err := resp.SplitArgs(nil, nil, []byte(strings.TrimSpace(line)))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, w := range words {
			c.args = append(c.args, string(w))
		}
		if c.name = strings.ToLower(c.args[0]); len(c.args) > 1 && known[c.name+"|"+strings.ToLower(c.args[1])] {
			c.name += "|" + strings.ToLower(c.args[1])
		}
		st.calls = append(st.calls, c)
	}
	last := st.calls[len(st.calls)-1]
	if again := last.args[len(last.args)-1]; last.name == "debug" && (again == fromLog || again == fromSnapshot) {
		st.how, st.extra, st.calls = reloaded, again, st.calls[:len(st.calls)-1]
	}
	if st.how == apart {
		st.calls[0].name = last.name
	}
	return st
}
