package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// pipe sends standard input as it is and counts the replies. The end is known by
// the reply to an ECHO of random text behind it.
func (s *session) pipe() error {
	mark := rand.Text()
	sent := make(chan error, 1)
	conn := s.c.conn
	go func() {
		_, err := io.Copy(conn, s.in)
		if err == nil {
			// The line break ends an inline command that lacks its own.
			_, err = conn.Write(resp.AppendCommand([]byte("\r\n"), "ECHO", mark))
			fmt.Fprintln(s.out, "All data transferred. Waiting for the last reply...")
		}
		sent <- err
	}()
	failures, replies := 0, 0
	for {
		if s.o.pipeTimeout > 0 {
			_ = conn.SetReadDeadline(time.Now().Add(s.o.pipeTimeout))
		}
		v, err := s.c.read()
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
	cursor := "0"
	for {
		args := []string{"SCAN", cursor}
		if s.o.pattern != "" {
			args = append(args, "MATCH", s.o.pattern)
		}
		if s.o.count > 0 {
			args = append(args, "COUNT", strconv.Itoa(s.o.count))
		}
		v, err := s.c.do(args...)
		if err != nil {
			return err
		}
		if v.IsError() {
			return v.Err()
		}
		if len(v.Elems) != 2 || v.Elems[1].Kind != resp.KindArray {
			return errors.New("SCAN answers with something else than cursor and keys")
		}
		for i := range v.Elems[1].Elems {
			s.print(&v.Elems[1].Elems[i])
		}
		if cursor = string(v.Elems[0].Text); cursor == "0" {
			return nil
		}
		if err := sleep(ctx, s.o.interval); err != nil {
			return err
		}
	}
}

// latencyPause is the time between two samples.
const latencyPause = 10 * time.Millisecond

// latency measures PING: for ever on a terminal, else for -i seconds (1) and
// prints least, most and mean milliseconds and the number of samples.
func (s *session) latency(ctx context.Context) error {
	period := s.o.interval
	if period == 0 {
		period = time.Second
	}
	var least, most, sum time.Duration
	start := time.Now()
	for n := time.Duration(1); ; n++ {
		sent := time.Now()
		v, err := s.c.do("PING")
		if err != nil {
			return err
		}
		if v.IsError() {
			return v.Err()
		}
		took := time.Since(sent)
		if n == 1 || took < least {
			least = took
		}
		most, sum = max(most, took), sum+took
		if s.o.format == formatTyped {
			fmt.Fprintf(s.out, "\rmin: %s, max: %s, avg: %s (%d samples)\x1b[K", ms(least), ms(most), ms(sum/n), n)
		} else if time.Since(start) >= period {
			form := "%s %s %s %d\n"
			switch s.o.format {
			case formatCSV:
				form = "%s,%s,%s,%d\n"
			case formatJSON, formatQuotedJSON:
				form = "{\"min\":%s,\"max\":%s,\"avg\":%s,\"samples\":%d}\n"
			}
			_, err := fmt.Fprintf(s.out, form, ms(least), ms(most), ms(sum/n), n)
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
