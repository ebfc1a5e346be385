package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// Sizes of what the commands of the families work on.
const (
	rangeLength     = 600 // elements of the list that is read
	publishChannels = 100 // subscribers of the channel
)

// families are commands of each family of types, in the forms that redis-benchmark knows with -r: one large collection of each
// type, whose members are random.
func families() []workload {
	return []workload{
		{key: "lpush", label: "LPUSH", args: func(string) []string { return []string{"LPUSH", "pushed", cpuValue} }},
		{key: "lrange_100", label: "LRANGE_100", args: func(string) []string { return []string{"LRANGE", "list", "0", "99"} }, share: 10},
		{key: "lrange_600", label: "LRANGE_600", args: func(string) []string { return []string{"LRANGE", "list", "0", "599"} }, share: 50},
		{key: "sadd", label: "SADD", args: func(key string) []string { return []string{"SADD", "set", "member:" + key} }},
		{key: "hset", label: "HSET", args: func(key string) []string { return []string{"HSET", "hash", "field:" + key, cpuValue} }},
		{key: "zadd", label: "ZADD", args: func(key string) []string { return []string{"ZADD", "sorted", key, "member:" + key} }},
		{key: "spop", label: "SPOP", args: func(string) []string { return []string{"SPOP", "popped"} }},
		{key: "xadd", label: "XADD", args: func(string) []string { return []string{"XADD", "stream", "*", "field", cpuValue} }},
		{key: "eval", label: "EVAL of a SET", args: func(key string) []string {
			return []string{"EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", "1", "key:" + key, cpuValue}
		}},
	}
}

// measureFamilies measures the server's processor time for a command of each family of types, of a script and of a message to many.
func measureFamilies(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(s *server) error {
		if err := s.fillFamilies(12 * b.o.requests); err != nil { // one at a time, ten times as many in pipelines, and some
			return err
		}
		for _, w := range families() {
			if err := w.add(ctx, b, s, &r); err != nil {
				return err
			}
		}
		return s.measurePublish(ctx, b, &r)
	})
	return r, err
}

// fillFamilies makes the list that is read, and the set whose members are popped: so many of them.
func (s *server) fillFamilies(members int) error {
	push := []string{"RPUSH", "list"}
	for range rangeLength {
		push = append(push, cpuValue)
	}
	if _, err := s.conn.do(push...); err != nil {
		return err
	}
	const batch = 1000
	for first := 0; first < members; first += batch {
		add := []string{"SADD", "popped"}
		for member := range batch {
			add = append(add, "member:"+strconv.Itoa(first+member))
		}
		if _, err := s.conn.do(add...); err != nil {
			return err
		}
	}
	return nil
}

// measurePublish measures a message to many subscribers; it ends when all of them have got all of the messages.
func (s *server) measurePublish(ctx context.Context, b *bench, r *result) error {
	const channel = "news"
	message := resp.AppendCommand(nil, "message", channel, cpuValue) // an array of strings, as a request is
	n := b.o.requests / publishChannels / cpuClients * cpuClients
	done := make(chan error, publishChannels)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range publishChannels {
		c, err := dial(ctx, s.port)
		if err != nil {
			return err
		}
		defer c.close()
		if _, err := c.do("SUBSCRIBE", channel); err != nil {
			return err
		}
		go func() { done <- c.receive(message, n) }()
	}
	used, err := s.used(func() error {
		err := s.hammer(ctx, func(string) []string { return []string{"PUBLISH", channel, cpuValue} }, n, 1)
		if err != nil {
			cancel()
		}
		for range publishChannels {
			err = errors.Join(err, <-done)
		}
		return err
	})
	r.add("publish_us", fmt.Sprintf("PUBLISH to %d, us", publishChannels), inMicroseconds, float64(used.Nanoseconds())/1e3/float64(n))
	return err
}

// receive reads so many messages, all of which are to be the same bytes.
func (c *conn) receive(message []byte, n int) error {
	in := bufio.NewReader(c) // the reply to SUBSCRIBE was all that came until now
	got := make([]byte, len(message))
	for range n {
		if _, err := io.ReadFull(in, got); err != nil {
			return err
		}
		if !bytes.Equal(got, message) {
			return fmt.Errorf("a subscriber got %q", got)
		}
	}
	return nil
}
