package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// What has differed once is said again: testdata/found.txt holds conversations, each a paragraph of calls on a connection of its own. The
// last call of a paragraph gives the rule by which all that comes back is compared.
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
			st := step{how: apart}
			name := ""
			for line := range strings.Lines(paragraph) {
				if strings.HasPrefix(line, "#") {
					continue
				}
				words, _, err := resp.SplitArgs(nil, nil, []byte(strings.TrimSpace(line)))
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				var args []string
				for _, w := range words {
					args = append(args, string(w))
				}
				name = strings.ToLower(args[0])
				if len(args) > 1 && known[name+"|"+strings.ToLower(args[1])] {
					name += "|" + strings.ToLower(args[1])
				}
				st.calls = append(st.calls, call{name, args})
			}
			st.calls[0].name = name
			if d := s.converse(&st); d != "" {
				t.Errorf("RESP%d:\n%s\n%s", proto, paragraph, d)
			}
			if d := s.sameData(); d != "" {
				t.Errorf("RESP%d:\n%s\nthe data differ: %s", proto, paragraph, d)
			}
		}
	}
}
