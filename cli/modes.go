package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// pipe sends standard input as it is and counts the replies. The end is known by
// the reply to an ECHO of random text behind it.
func (s *session) pipe(ctx context.Context) error {
	mark := rand.Text()
	sent := make(chan error, 1)
	conn := s.c.conn
	// Input may pause as long as it likes: the time to wait begins at its end.
	var complete atomic.Bool
	limit := func() {
		if s.o.pipeTimeout > 0 && complete.Load() {
			_ = conn.SetReadDeadline(time.Now().Add(s.o.pipeTimeout))
		}
	}
	go func() {
		_, err := io.Copy(conn, s.in)
		if err == nil {
			// The line break ends an inline command that lacks its own.
			_, err = conn.Write(resp.AppendCommand([]byte("\r\n"), "ECHO", mark))
			fmt.Fprintln(s.out, "All data transferred. Waiting for the last reply...")
			complete.Store(true)
			limit()
		}
		sent <- err
	}()
	failures, replies := 0, 0
	for {
		limit()
		v, err := s.c.read()
		if ctx.Err() == nil && complete.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
			fmt.Fprintf(s.out, "errors: %d, replies: %d\n", failures+1, replies)
			return fmt.Errorf("No replies for %d seconds: exiting.", s.o.pipeTimeout/time.Second)
		}
		if err != nil {
			return s.pipeFailed(err, sent, replies)
		}
		if v.Kind == resp.KindPush {
			continue
		}
		if string(v.Text) == mark {
			break
		}
		replies++
		if v.IsError() {
			failures++
			fmt.Fprintf(s.err, "%s\n", v.Text)
		}
	}
	if err := <-sent; err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Last reply received from server.\nerrors: %d, replies: %d\n", failures, replies)
	if failures > 0 {
		// Also in the manner of redis-cli.
		return errors.New("some commands failed")
	}
	return nil
}

func (s *session) pipeFailed(err error, sent chan error, replies int) error {
	select {
	case sendErr := <-sent:
		if sendErr != nil {
			err = fmt.Errorf("send: %w", sendErr)
		}
	default:
	}
	return fmt.Errorf("%w, after %d replies", err, replies)
}

// scan lists the keys.
func (s *session) scan(ctx context.Context) error {
	pause := time.Duration(0) // before the first page
	return s.pages(ctx, func(keys []resp.Value) error {
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = s.o.interval
		for i := range keys {
			s.print(&keys[i])
		}
		return nil
	})
}

// latencyPause is the time between two samples.
const latencyPause = 10 * time.Millisecond

// historyPeriod is how long a line of --latency-history lasts without -i.
const historyPeriod = 15 * time.Second

// latency measures PING: for ever on a terminal, else for -i seconds (1) and
// prints least, most and mean milliseconds and the number of samples.
// --latency-history begins anew after each period, and does not end.
func (s *session) latency(ctx context.Context) error {
	period := s.period(time.Second)
	if s.o.history {
		period = s.period(historyPeriod)
	}
	for {
		if err := s.latencyPeriod(ctx, period); err != nil || !s.o.history {
			return err
		}
	}
}

func (s *session) latencyPeriod(ctx context.Context, period time.Duration) error {
	var least, most, sum time.Duration
	start := time.Now()
	for n := time.Duration(1); ; n++ {
		took, err := s.ping()
		if err != nil {
			return err
		}
		if n == 1 || took < least {
			least = took
		}
		most, sum = max(most, took), sum+took
		over := time.Since(start) >= period
		form := "%s %s %s %d"
		switch s.o.format {
		case formatTyped:
			form = "\rmin: %s, max: %s, avg: %s (%d samples)\x1b[K"
			over = over && s.o.history
		case formatCSV:
			form = "%s,%s,%s,%d"
		case formatJSON, formatQuotedJSON:
			form = "{\"min\":%s,\"max\":%s,\"avg\":%s,\"samples\":%d}"
		}
		if over || s.o.format == formatTyped {
			fmt.Fprintf(s.out, form, ms(least), ms(most), ms(sum/n), n)
		}
		if over {
			tail := "\n"
			if s.o.history && (s.o.format == formatTyped || s.o.format == formatRaw) {
				tail = fmt.Sprintf(" -- %.2f seconds range\n", time.Since(start).Seconds())
			}
			_, err := fmt.Fprint(s.out, tail)
			return err
		}
		if err := sleep(ctx, latencyPause); err != nil {
			fmt.Fprintln(s.out)
			return err
		}
	}
}

// ms writes a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()*1000) }
