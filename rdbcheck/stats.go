package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/rdbcheck/stats"
)

func statsFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.IntFlag{Name: "top", Value: 10, Usage: "list the `N` largest keys"},
		&cli.StringFlag{Name: "separator", Value: ":", Usage: "what parts the names of keys, for prefixes"},
		&cli.IntFlag{Name: "depth", Value: 3, Usage: "prefixes of up to `N` parts"},
		&cli.IntFlag{Name: "prefixes", Value: 100_000, Usage: "keep at most `N` prefixes in memory; the smallest are dropped"},
	}, selectFlags()...)
}

func (p *program) statsCommand() *cli.Command {
	return &cli.Command{
		Name:      "stats",
		Usage:     "what takes the memory: by database, type, encoding, prefix; the largest keys; histograms",
		UsageText: "lockstep-rdbcheck stats [options] FILE...",
		Description: `Memory is an estimate of what Redis 7.0 needs for the key (MEMORY USAGE); bytes are those of the file. Memory that this
command needs does not grow with the file.

   lockstep-rdbcheck stats dump.rdb
   lockstep-rdbcheck stats --top 50 --type hash --csv dump.rdb
   lockstep-rdbcheck stats --json --match 'session:*' dump.rdb | jq .prefixes`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object a file"},
			&cli.BoolFlag{Name: "csv", Usage: "print the largest keys by memory only, a line each"},
		}, statsFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return errNoFile
			}
			for i, name := range c.Args().Slice() {
				got, err := p.collect(c, name)
				if err != nil {
					p.complain(err)
					continue
				}
				switch {
				case c.Bool("json"):
					err = writeJSON(p.std.out, jsonStats(name, got, c.Int("top")))
				case c.Bool("csv"):
					err = writeKeysCSV(p.std.out, got.LargestByMemory(), i == 0)
				default:
					err = writeStats(p.std.out, name, got, c.Int("top"))
				}
				if err != nil {
					p.complain(err)
				}
			}
			return nil
		},
	}
}

// collect sums up the keys of a file that are selected.
func (p *program) collect(c *cli.Context, name string) (*stats.Collector, error) {
	sel, err := newSelection(c, p.now)
	if err != nil {
		return nil, err
	}
	got := stats.New(stats.Options{Top: c.Int("top"), Separator: c.String("separator"), Depth: c.Int("depth"), Prefixes: max(c.Int("prefixes"), 10), NowMs: sel.now})
	return got, p.read(name, rdb.DecodeOptions{StreamNodes: true}, func(r *reading) {
		r.item = func(it *rdb.Item) error {
			if it.Op != rdb.OpKey || !sel.wants(it) {
				return nil
			}
			k, err := stats.Measure(it, r.s.Offset)
			if err != nil {
				return errDamaged
			}
			if sel.sizes.has(k.Memory) {
				got.Add(k)
			}
			return nil
		}
	})
}

func writeStats(w io.Writer, name string, c *stats.Collector, top int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d keys, %s of memory by estimate, %s in the file\n", name, c.Total.Keys, human(c.Total.Memory), human(c.Total.Bytes))
	sums(&b, "database", c.ByDB, strconv.Itoa)
	sums(&b, "type", c.ByType, func(s string) string { return s })
	sums(&b, "encoding", c.ByEnc, func(s string) string { return s })
	fmt.Fprintf(&b, "\nexpire within\n")
	for i, n := range stats.TTLNames() {
		if c.TTL[i] > 0 {
			fmt.Fprintf(&b, "  %-10s %12d  %s\n", n, c.TTL[i], bar(c.TTL[i], c.Total.Keys))
		}
	}
	histogram(&b, "memory of a key", c.Sizes[:], human)
	histogram(&b, "elements of a collection", c.Counts[:], func(n int64) string { return strconv.FormatInt(n, 10) })
	keyTable(&b, "largest keys by memory", c.LargestByMemory())
	keyTable(&b, "largest collections by elements", c.LargestByElements())
	prefixTable(&b, c.Prefixes, top)
	_, err := io.WriteString(w, b.String())
	return err
}

func sums[K int | string](b *strings.Builder, title string, m map[K]*stats.Sum, name func(K) string) {
	fmt.Fprintf(b, "\n%-30s %12s %12s %10s %10s %12s %12s\n", title, "keys", "elements", "memory", "bytes", "expire", "expired")
	for _, k := range slices.SortedFunc(maps.Keys(m), func(x, y K) int {
		if d := m[y].Memory - m[x].Memory; d != 0 {
			return int(min(max(d, -1), 1))
		}
		return strings.Compare(name(x), name(y))
	}) {
		s := m[k]
		fmt.Fprintf(b, "  %-28s %12d %12d %10s %10s %12d %12d\n", name(k), s.Keys, s.Elements, human(s.Memory), human(s.Bytes), s.Expires, s.Expired)
	}
}

func histogram(b *strings.Builder, title string, counts []int64, label func(int64) string) {
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s, from\n", title)
	for i, n := range counts {
		if n > 0 {
			fmt.Fprintf(b, "  %-10s %12d  %s\n", label(1<<i), n, bar(n, total))
		}
	}
}

// bar shows a share.
func bar(n, total int64) string {
	const width = 40
	return strings.Repeat("#", int((n*width+total-1)/max(total, 1)))
}

func keyTable(b *strings.Builder, title string, keys []*stats.Key) {
	if len(keys) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n  %10s %12s %4s %-8s %s\n", title, "memory", "elements", "db", "type", "key")
	for _, k := range keys {
		fmt.Fprintf(b, "  %10s %12d %4d %-8s %s\n", human(k.Memory), k.Elements, k.DB, k.Type, oneLine(printable(k.Name)))
	}
}

func prefixTable(b *strings.Builder, p *stats.Prefixes, top int) {
	list := p.Largest(top)
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\nprefixes by memory\n  %10s %12s %12s %12s %s\n", "memory", "keys", "mean", "no expire", "prefix")
	for _, n := range list {
		fmt.Fprintf(b, "  %10s %12d %12s %12d %s*\n", human(n.Sum.Memory), n.Sum.Keys, human(n.Sum.Memory/n.Sum.Keys), n.Sum.Keys-n.Sum.Expires, oneLine(printable([]byte(n.Name))))
	}
	if p.Pruned {
		b.WriteString("  (there were more prefixes than --prefixes allows; the smallest were dropped)\n")
	}
}

// human writes a number of bytes in few digits.
func human(n int64) string {
	const units = "KMGTP"
	if n < 1024 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f, u := float64(n), -1
	for f >= 1024 && u+1 < len(units) {
		f, u = f/1024, u+1
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + units[u:u+1]
}

type jsonKey struct {
	DB       int    `json:"db"`
	Key      string `json:"key"`
	Type     string `json:"type"`
	Encoding string `json:"encoding"`
	Elements int64  `json:"elements"`
	Largest  int64  `json:"largest_element"`
	Memory   int64  `json:"memory"`
	Bytes    int64  `json:"bytes"`
	ExpireMs *int64 `json:"expire_ms,omitempty"`
}

func jsonKeys(keys []*stats.Key) []jsonKey {
	list := []jsonKey{}
	for _, k := range keys {
		j := jsonKey{DB: k.DB, Key: printable(k.Name), Type: k.Type, Encoding: k.Encoding, Elements: k.Elements, Largest: k.Largest, Memory: k.Memory, Bytes: k.Bytes}
		if k.ExpireMs >= 0 {
			j.ExpireMs = &k.ExpireMs
		}
		list = append(list, j)
	}
	return list
}

type jsonPrefix struct {
	Prefix string `json:"prefix"`
	stats.Sum
}

func jsonStats(name string, c *stats.Collector, top int) map[string]any {
	ttl := map[string]int64{}
	for i, n := range stats.TTLNames() {
		ttl[n] = c.TTL[i]
	}
	prefixes := []jsonPrefix{}
	for _, n := range c.Prefixes.Largest(top) {
		prefixes = append(prefixes, jsonPrefix{printable([]byte(n.Name)), n.Sum})
	}
	return map[string]any{
		"file": name, "total": c.Total, "databases": c.ByDB, "types": c.ByType, "encodings": c.ByEnc, "ttl": ttl,
		"memory_histogram": powers(c.Sizes[:]), "elements_histogram": powers(c.Counts[:]),
		"largest_by_memory": jsonKeys(c.LargestByMemory()), "largest_by_elements": jsonKeys(c.LargestByElements()),
		"prefixes": prefixes, "prefixes_dropped": c.Prefixes.Pruned,
	}
}

// powers names the classes of a histogram by their lower limit.
func powers(counts []int64) map[string]int64 {
	m := map[string]int64{}
	for i, n := range counts {
		if n > 0 {
			m[strconv.FormatInt(1<<i, 10)] = n
		}
	}
	return m
}

func writeKeysCSV(w io.Writer, keys []*stats.Key, header bool) error {
	out := csv.NewWriter(w)
	if header {
		out.Write([]string{"database", "type", "key", "memory", "bytes", "encoding", "elements", "largest_element", "expire_ms"})
	}
	for _, k := range keys {
		expire := ""
		if k.ExpireMs >= 0 {
			expire = strconv.FormatInt(k.ExpireMs, 10)
		}
		out.Write([]string{strconv.Itoa(k.DB), k.Type, printable(k.Name), strconv.FormatInt(k.Memory, 10), strconv.FormatInt(k.Bytes, 10),
			k.Encoding, strconv.FormatInt(k.Elements, 10), strconv.FormatInt(k.Largest, 10), expire})
	}
	out.Flush()
	return out.Error()
}
