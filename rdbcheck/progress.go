package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress is a line on a terminal that says how far a long check has come. It appears after a second.
type progress struct {
	w        io.Writer // nil: not a terminal
	name     string
	size     int64 // -1 when unknown
	done     int64
	start    time.Time
	next     time.Time
	appeared bool
}

func newProgress(w io.Writer, name string, size int64) *progress {
	p := &progress{name: name, size: size, start: time.Now()}
	p.next = p.start.Add(time.Second)
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = w
		}
	}
	return p
}

// watch counts what is read from r.
func (p *progress) watch(r io.Reader) io.Reader {
	if p.w == nil {
		return r
	}
	return &counter{r, p}
}

type counter struct {
	io.Reader
	p *progress
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.p.add(n)
	return n, err
}

func (p *progress) add(n int) {
	p.done += int64(n)
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.appeared = now.Add(200*time.Millisecond), true
	fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(now.Sub(p.start)))
}

// line says what was read, how fast, and how long the rest will take.
func (p *progress) line(elapsed time.Duration) string {
	const mib = 1 << 20
	rate := float64(p.done) / elapsed.Seconds()
	text := fmt.Sprintf("%s: %d MiB, %.0f MiB/s", p.name, p.done/mib, rate/mib)
	if p.size > 0 && rate > 0 {
		left := time.Duration(float64(p.size-p.done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %d %%, %s left", p.done*100/p.size, max(left, 0).Round(time.Second))
	}
	return text
}

// clear removes the line.
func (p *progress) clear() {
	if p.appeared {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
