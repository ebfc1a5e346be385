package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/rdbcheck/check"
)

type jsonCommands struct {
	From         int64            `json:"from"`
	Count        int64            `json:"count"`
	Transactions int64            `json:"transactions"`
	Annotations  int64            `json:"annotations"`
	FirstTime    int64            `json:"first_time,omitempty"`
	LastTime     int64            `json:"last_time,omitempty"`
	WholeUpTo    int64            `json:"whole_up_to"`
	Names        map[string]int64 `json:"names"`
}

func newJSONCommands(c *check.Commands) *jsonCommands {
	if c == nil {
		return nil
	}
	return &jsonCommands{c.From, c.Count, c.Transactions, c.Annotations, c.FirstTime, c.LastTime, c.Whole, c.Names}
}

func describeCommands(b *strings.Builder, file string, c *check.Commands) {
	fmt.Fprintf(b, "%s: %d commands from offset %d, whole up to offset %d\n", file, c.Count, c.From, c.Whole)
	if c.Count > 0 {
		fmt.Fprintf(b, "  commands  %s\n", firstCounts(c.Names, 20))
	}
	if c.Transactions > 0 {
		fmt.Fprintf(b, "  %d %s\n", c.Transactions, plural(c.Transactions, "transaction"))
	}
	if c.FirstTime != 0 {
		fmt.Fprintf(b, "  written   %s to %s\n", date(c.FirstTime), date(c.LastTime))
	}
}

func date(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// firstCounts lists the most frequent names.
func firstCounts(m map[string]int64, most int) string {
	if len(m) <= most {
		return counts(m)
	}
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return int(m[b] - m[a]) })
	few, rest := map[string]int64{}, int64(0)
	for i, n := range names {
		if i < most {
			few[n] = m[n]
		} else {
			rest += m[n]
		}
	}
	return fmt.Sprintf("%s, others %d", counts(few), rest)
}
