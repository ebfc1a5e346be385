package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// writer sends SET commands with random values in batches.
type writer struct {
	c     *conn
	rnd   *rand.ChaCha8
	pick  *rand.Rand
	value []byte
	key   []byte
	out   []byte
}

// newWriter returns a writer whose keys and values depend on seed alone.
func newWriter(c *conn, seed byte, size int) *writer {
	source := rand.NewChaCha8([32]byte{seed})
	return &writer{c: c, rnd: source, pick: rand.New(source), value: make([]byte, size)}
}

// add adds the SET of a key to the batch.
func (w *writer) add(key int) {
	w.key = strconv.AppendInt(append(w.key[:0], "key:"...), int64(key), 10)
	_, _ = w.rnd.Read(w.value) // it never fails
	w.out = resp.AppendCommand(w.out, []byte("SET"), w.key, w.value)
}

// flush sends the batch of n commands and checks the replies.
func (w *writer) flush(n int) error {
	// A batch may be larger than what the sockets hold: replies are read meanwhile.
	sent := make(chan error, 1)
	go func() {
		_, err := w.c.Write(w.out)
		sent <- err
	}()
	for range n {
		v, err := w.c.reader.Read()
		if err == nil {
			err = v.Err()
		}
		if err != nil {
			return fmt.Errorf("SET: %w", err)
		}
	}
	err := <-sent
	w.out = w.out[:0]
	return err
}

// fill writes the data set: the same one to every server.
func (o *options) fill(ctx context.Context, s *server) error {
	return o.fillKeys(ctx, s, o.keys, o.size)
}

func (o *options) fillKeys(ctx context.Context, s *server, keys, size int) error {
	c, err := dial(ctx, s.port)
	if err != nil {
		return err
	}
	defer c.close()
	w := newWriter(c, 0, size)
	batch := max(1, min(1000, 1<<20/size))
	for first := 0; first < keys; first += batch {
		n := min(batch, keys-first)
		for key := first; key < first+n; key++ {
			w.add(key)
		}
		if err := w.flush(n); err != nil {
			return err
		}
	}
	return nil
}

// load overwrites keys of a server at the rate of the options until it is stopped.
type load struct {
	cancel context.CancelFunc
	done   chan error
}

func (o *options) startLoad(ctx context.Context, s *server, seed byte) (*load, error) {
	c, err := dial(ctx, s.port)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, done: make(chan error, 1)}
	go func() {
		defer c.close()
		l.done <- o.write(ctx, newWriter(c, seed, o.size))
	}()
	return l, nil
}

// write keeps to the rate over the whole time: what one tick missed the next one adds.
func (o *options) write(ctx context.Context, w *writer) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	start, written := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		// A batch of at most a second: a server that cannot keep up is not flooded.
		due := min(int(time.Since(start).Seconds()*float64(o.rate))-written, o.rate)
		if due == 0 {
			continue
		}
		for range due {
			w.add(w.pick.IntN(o.keys))
		}
		if err := w.flush(due); err != nil {
			return err
		}
		written += due
	}
}

// stop ends the load and returns what went wrong with it.
func (l *load) stop() error {
	l.cancel()
	return <-l.done
}
