package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/rdbcheck/stats"
)

//go:embed report.html
var reportPage string

func (p *program) reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "write what stats finds as one HTML page that needs nothing else, with a map of prefixes",
		UsageText: "lockstep-rdbcheck report [options] FILE OUT.html",
		Description: `The page works from a file, without a network. Areas of the map are memory; a click shows what is inside a prefix.

   lockstep-rdbcheck report dump.rdb report.html
   lockstep-rdbcheck report --separator / --depth 5 --match 'cache/*' dump.rdb cache.html`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "force", Usage: "replace OUT if it exists"},
		}, statsFlags()...),
		Action: p.report,
	}
}

func (p *program) report(c *cli.Context) error {
	if c.NArg() != 2 {
		return errors.New("report wants an RDB file and the name of the page")
	}
	name, to := c.Args().Get(0), c.Args().Get(1)
	got, err := p.collect(c, name)
	if err == nil {
		err = p.writeFile(to, c.Bool("force"), func(w io.Writer) error { return writeReport(w, name, p.now, got) }, nil)
	}
	if err != nil {
		p.complain(err)
		return nil
	}
	if to != "-" {
		fmt.Fprintf(p.std.out, "%s: %d keys of %s\n", to, got.Total.Keys, name)
	}
	return nil
}

// reportNode is a prefix in the map.
type reportNode struct {
	Name     string       `json:"n"`
	Memory   int64        `json:"m"`
	Keys     int64        `json:"k"`
	Expires  int64        `json:"e"`
	Children []reportNode `json:"c,omitempty"`
}

// mostBranches is how many prefixes the map shows of each level; the others share one area.
const mostBranches = 60

func newReportNode(p *stats.Prefix, depth int) reportNode {
	n := reportNode{Name: printable([]byte(p.Name)), Memory: p.Sum.Memory, Keys: p.Sum.Keys, Expires: p.Sum.Expires}
	if depth == 0 {
		return n
	}
	for i, c := range p.Sorted() {
		if i == mostBranches {
			break
		}
		n.Children = append(n.Children, newReportNode(c, depth-1))
	}
	return n
}

// reportData is what the page's script reads.
type reportData struct {
	Root   reportNode   `json:"root"`
	Tables []reportSums `json:"tables"`
	Bars   []reportBars `json:"bars"`
	Memory []jsonKey    `json:"memory"`
	Elems  []jsonKey    `json:"elements"`
}

type reportSums struct {
	Title string      `json:"title"`
	Rows  []reportRow `json:"rows"`
}

type reportRow struct {
	Name string `json:"name"`
	stats.Sum
}

type reportBars struct {
	Title  string   `json:"title"`
	Labels []string `json:"labels"`
	Counts []int64  `json:"counts"`
}

func rows[K comparable](title string, m map[K]*stats.Sum) reportSums {
	t := reportSums{Title: title}
	for k, s := range m {
		t.Rows = append(t.Rows, reportRow{fmt.Sprint(k), *s})
	}
	return t
}

func powerBars(title string, counts []int64, label func(int64) string) reportBars {
	b := reportBars{Title: title}
	first, last := 0, len(counts)
	for first < last && counts[first] == 0 {
		first++
	}
	for last > first && counts[last-1] == 0 {
		last--
	}
	for i := first; i < last; i++ {
		b.Labels, b.Counts = append(b.Labels, label(1<<i)), append(b.Counts, counts[i])
	}
	return b
}

func writeReport(w io.Writer, name string, now time.Time, c *stats.Collector) error {
	t, err := template.New("report").Parse(reportPage)
	if err != nil {
		return err
	}
	data := reportData{
		Root:   newReportNode(c.Prefixes.Root, 8),
		Tables: []reportSums{rows("database", c.ByDB), rows("type", c.ByType), rows("encoding", c.ByEnc)},
		Bars: []reportBars{
			{"Expire within", stats.TTLNames(), c.TTL[:]},
			powerBars("Memory of a key, from", c.Sizes[:], human),
			powerBars("Elements of a collection, from", c.Counts[:], func(n int64) string { return fmt.Sprint(n) }),
		},
		Memory: jsonKeys(c.LargestByMemory()), Elems: jsonKeys(c.LargestByElements()),
	}
	return t.Execute(w, map[string]any{
		"File": name, "Made": now.UTC().Format("2006-01-02 15:04 MST"), "Version": version, "Data": data, "Pruned": c.Prefixes.Pruned,
		"Keys": c.Total.Keys, "Memory": human(c.Total.Memory), "Bytes": human(c.Total.Bytes), "Expires": c.Total.Expires, "Expired": c.Total.Expired,
	})
}
