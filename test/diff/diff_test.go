package diff

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

var (
	seedFlag = flag.Uint64("seed", 0, "the run to repeat; 0: two fixed ones and, with -for, a fresh one")
	timeFlag = flag.Duration("for", 0, "how long each run lasts; 0: as many calls as the fixed ones are known to agree in")
)

// Guarantee: whatever is said, valid or slightly wrong, alone, in a transaction or by a script, our server answers what redis-server
// answers, and ends with the same data.
func TestDiff(t *testing.T) {
	seeds := []uint64{1, 2}
	switch {
	case *seedFlag != 0:
		seeds = []uint64{*seedFlag}
	case *timeFlag > 0:
		seeds = append(seeds, uint64(time.Now().UnixNano()))
	}
	for _, seed := range seeds {
		for _, proto := range []int{2, 3} {
			t.Run(fmt.Sprintf("seed=%d/RESP%d", seed, proto), func(t *testing.T) {
				t.Logf("repeat: make diff SEED=%d", seed)
				run(t, seed, proto)
			})
		}
	}
}

const (
	fixedDecks = 5  // of a run that is not given a time: each command has its turn, and then make diff has all the time it is given
	tooMany    = 10 // differences: the run is over
	alike      = 2  // so many of a command are reported in full
	dataEvery  = 100
	mostLines  = 60 // of a series that leads to a difference; the seed repeats all of it
)

func run(t *testing.T, seed uint64, proto int) {
	s := open(t, seed, proto)
	made := map[string]int{}
	var history []step
	start := time.Now()
	count, wrong := 0, 0
	seen := map[string]int{}
	report := func(of, what string, fails func(*step) bool) {
		if seen[of]++; seen[of] > alike {
			t.Errorf("%s (seen before)", of)
			return
		}
		wrong++
		t.Errorf("%s\n  after\n%s", what, pasted(s.shrink(history, fails), history))
		s.wipe()
		history = nil
	}
	data := func() {
		if d := s.sameData(); d != "" {
			report("data", "the data differ: "+d+"\n"+rig.Difference(s.ours, s.peer), func(last *step) bool { s.play(last); return s.dataNow() != "" })
		}
	}
	over := func(deck int) bool { // each command has its turn in the first deck
		if *timeFlag > 0 {
			return wrong >= tooMany || deck > 0 && time.Since(start) > *timeFlag
		}
		return wrong >= tooMany || deck >= fixedDecks
	}
	turn := func(of string, st step) {
		count++
		history = append(history, st)
		if what := s.play(&history[len(history)-1]); what != nil {
			report(of, strings.Join(what, "\n"), func(last *step) bool {
				again := s.play(last)
				return again != nil && firstWord(again) == firstWord(what)
			})
		}
		if count%dataEvery == 0 {
			data()
		}
	}
	for deck := 0; !over(deck); deck++ {
		for _, c := range s.deck(deck) {
			if over(deck) {
				break
			}
			made[c.name()]++
			if s.g.IntN(20) == 0 {
				turn(s.scene())
			}
			turn(c.name(), s.next(c))
		}
	}
	if wrong == 0 {
		data()
	}
	t.Logf("%d calls of %d commands", count, len(made))
	if wrong == 0 && len(made) != len(s.grammar) {
		t.Errorf("only %d of %d commands were called", len(made), len(s.grammar))
	}
	if wrong == 0 {
		end := step{how: apart, calls: []call{said("", "SHUTDOWN", "NOSAVE")}}
		if d := s.converse(&end); d != "" || s.ours.WaitExit() != 0 || s.peer.WaitExit() != 0 {
			t.Errorf("SHUTDOWN NOSAVE: %s", d)
		}
	}
}

// A failure that needs two calls long before it is shown by these alone.
func TestSmallest(t *testing.T) {
	history := make([]int, 1000)
	for i := range history {
		history[i] = i
	}
	found := smallest(history, func(part []int) bool {
		return slices.Contains(part, 17) && slices.Contains(part, 600) && part[len(part)-1] == 999
	})
	if !slices.Equal(found, []int{17, 600, 999}) {
		t.Errorf("found %v", found)
	}
	if found := smallest(history, func([]int) bool { return false }); found != nil {
		t.Errorf("nothing fails, but %v was found", found)
	}
}

// firstWord is the name of the command that differs: a shorter series must differ in the same one.
func firstWord(wrong []string) string {
	word, _, _ := strings.Cut(wrong[0], " ")
	return word
}

// pasted is what to enter to see a difference.
func pasted(found, history []step) string {
	var out []string
	if found == nil {
		found = history[max(0, len(history)-10):]
		out = append(out, "(does not fail again on emptied servers; the last calls were)")
	}
	for i := range found {
		out = append(out, found[i].lines()...)
	}
	if left := len(out) - mostLines; left > 0 {
		out = append([]string{fmt.Sprintf("(%d lines more)", left)}, out[left:]...)
	}
	return "    " + strings.Join(out, "\n    ")
}

// Every command and subcommand of both servers' tables is called, or is ours alone; whatever is compared less than byte by byte has its
// reason; and no rule is about a command that is not there.
func TestEveryCommandIsCompared(t *testing.T) {
	grammar := map[string]*command{}
	for _, c := range grammarOf(t, rig.Start(t, rig.Peer, "B", nil)) {
		grammar[c.name()] = &c
	}
	for _, c := range grammarOf(t, rig.Start(t, rig.Ours, "A", nil)) {
		if grammar[c.name()] == nil && onlyOurs[c.name()] == "" {
			t.Errorf("%s is compared with nothing: Redis does not have it, and onlyOurs does not say why we do", c.name())
		}
	}
	for name, r := range rules(&span{}) {
		if grammar[name] == nil {
			t.Errorf("there is a rule for %s, which Redis does not have", name)
		}
		if r.why == "" && r.loose() {
			t.Errorf("%s is compared less than fully, without a reason", name)
		}
	}
	if len(grammar) < 360 {
		t.Errorf("only %d commands are called", len(grammar))
	}
}
