package persist

import (
	"testing"
	"time"
)

// Rewrites that fail pause for 1, 2, 4... 60 minutes from the third failure in a row on; one that succeeds ends that.
func TestRewriteLimit(t *testing.T) {
	var l rewriteLimit
	now := time.Unix(1e9, 0)
	for failures := range int64(3) {
		if limited, _ := l.check(failures, now); limited {
			t.Errorf("limited after %d failures", failures)
		}
	}
	for i, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		if limited, minutes := l.check(int64(3+i), now); !limited || minutes != want {
			t.Fatalf("failure %d: limited %t for %d minutes, want %d", 3+i, limited, minutes, want)
		}
		if limited, minutes := l.check(int64(3+i), now.Add(time.Second)); !limited || minutes != 0 {
			t.Errorf("the pause of %d minutes ended at once, or began anew (%d)", want, minutes)
		}
		now = now.Add(time.Duration(want) * time.Minute)
		if limited, _ := l.check(int64(3+i), now); limited {
			t.Errorf("limited after the pause of %d minutes", want)
		}
	}
	if limited, _ := l.check(0, now); limited {
		t.Error("limited after a success")
	}
	if _, minutes := l.check(3, now); minutes != 1 {
		t.Errorf("the next pause has %d minutes", minutes)
	}
}
