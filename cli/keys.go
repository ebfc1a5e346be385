package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// What looks at every key: --bigkeys, --memkeys, --hotkeys.

// keyKind is what --bigkeys and --memkeys know of the keys of one type.
type keyKind struct {
	name    string
	measure string // the command that tells the size; empty: the type has none
	unit    string

	count, total, most int64
	biggest            string // key, as printed
}

// keyKinds are the types of Redis, in the order of the summary.
func keyKinds() []*keyKind {
	return []*keyKind{
		{name: "list", measure: "LLEN", unit: "items"}, {name: "hash", measure: "HLEN", unit: "fields"},
		{name: "string", measure: "STRLEN", unit: "bytes"}, {name: "stream", measure: "XLEN", unit: "entries"},
		{name: "set", measure: "SCARD", unit: "members"}, {name: "zset", measure: "ZCARD", unit: "members"},
	}
}

// scanBanner is what redis-cli says first; it counts the pages, not the keys.
const scanBanner = "\n# Scanning the entire keyspace to find %s keys as well as\n# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n" +
	"# per 100 SCAN commands (not usually needed).\n\n"

// pagesPerPause is how many SCANs go between two pauses of -i.
const pagesPerPause = 100

// survey calls visit with each page of keys and how much of the keyspace was seen
// before it, in percent. It prints the frame and returns the number of keys.
func (s *session) survey(ctx context.Context, what string, visit func(percent float64, keys []string) error) (sampled int64, err error) {
	size, err := s.c.do("DBSIZE")
	if err == nil {
		err = size.Err()
	}
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(s.out, scanBanner, what)
	total := max(size.Int, 1)
	pages := 0
	err = s.pages(ctx, func(page []resp.Value) error {
		keys := make([]string, len(page))
		for i := range page {
			keys[i] = string(page[i].Text)
		}
		// SCAN may tell of a key twice, and keys may come meanwhile.
		percent := min(100*float64(sampled)/float64(total), 100)
		sampled += int64(len(keys))
		if err := visit(percent, keys); err != nil {
			return err
		}
		if pages++; pages%pagesPerPause == 0 {
			return sleep(ctx, s.o.interval)
		}
		return nil
	})
	if err != nil {
		return sampled, err
	}
	fmt.Fprintf(s.out, "\n-------- summary -------\n\nSampled %d keys in the keyspace!\n", sampled)
	return sampled, nil
}

// quotedKey is a key as the surveys print it.
func quotedKey(key string) string { return string(resp.AppendQuoted(nil, []byte(key))) }

// bigKeys finds the largest key of each type, by its elements or, for --memkeys, its memory.
func (s *session) bigKeys(ctx context.Context) error {
	kinds := keyKinds()
	var length int64
	sampled, err := s.survey(ctx, "biggest", func(percent float64, keys []string) error {
		for _, key := range keys {
			length += int64(len(key))
		}
		found, err := s.kindsOf(keys, &kinds)
		if err != nil {
			return err
		}
		sizes, err := s.sizesOf(keys, found)
		if err != nil {
			return err
		}
		for i, k := range found {
			if k == nil { // gone meanwhile
				continue
			}
			k.count++
			k.total += sizes[i]
			if sizes[i] > k.most {
				k.most, k.biggest = sizes[i], quotedKey(keys[i])
				fmt.Fprintf(s.out, "[%05.2f%%] Biggest %-6s found so far '%s' with %d %s\n", percent, k.name, k.biggest, k.most, s.unitOf(k))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Total key length in bytes is %d (avg len %.2f)\n\n", length, share(length, sampled))
	for _, k := range kinds {
		if k.biggest != "" {
			fmt.Fprintf(s.out, "Biggest %6s found '%s' has %d %s\n", k.name, k.biggest, k.most, s.unitOf(k))
		}
	}
	fmt.Fprintln(s.out)
	for _, k := range kinds {
		fmt.Fprintf(s.out, "%d %ss with %d %s (%05.2f%% of keys, avg size %.2f)\n", k.count, k.name, k.total, s.unitOf(k), 100*share(k.count, sampled), share(k.total, k.count))
	}
	return nil
}

func share(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) }

func (s *session) unitOf(k *keyKind) string {
	if s.o.memKeys {
		return "bytes"
	}
	return k.unit
}

// kindsOf asks for the types of keys; nil is a key that is gone. A type that is
// new, such as a module's, joins the kinds.
func (s *session) kindsOf(keys []string, kinds *[]*keyKind) ([]*keyKind, error) {
	commands := make([][]string, len(keys))
	for i, key := range keys {
		commands[i] = []string{"TYPE", key}
	}
	found := make([]*keyKind, len(keys))
	return found, s.batch(commands, func(i int, v *resp.Value) error {
		name := string(v.Text)
		if v.IsError() {
			return v.Err()
		}
		if name == "none" {
			return nil
		}
		at := slices.IndexFunc(*kinds, func(k *keyKind) bool { return k.name == name })
		if at < 0 {
			at = len(*kinds)
			*kinds = append(*kinds, &keyKind{name: name, unit: "?"})
		}
		found[i] = (*kinds)[at]
		return nil
	})
}

// sizesOf asks for the sizes of keys. One that has changed its type or is gone has none.
func (s *session) sizesOf(keys []string, kinds []*keyKind) ([]int64, error) {
	var commands [][]string
	var places []int
	for i, k := range kinds {
		switch {
		case k == nil:
			continue
		case s.o.memKeys && s.o.memSamples >= 0:
			commands = append(commands, []string{"MEMORY", "USAGE", keys[i], "SAMPLES", strconv.Itoa(s.o.memSamples)})
		case s.o.memKeys:
			commands = append(commands, []string{"MEMORY", "USAGE", keys[i]})
		case k.measure == "":
			continue
		default:
			commands = append(commands, []string{k.measure, keys[i]})
		}
		places = append(places, i)
	}
	sizes := make([]int64, len(keys))
	return sizes, s.batch(commands, func(i int, v *resp.Value) error {
		if v.IsError() {
			if !strings.HasPrefix(string(v.Text), "WRONGTYPE") {
				return v.Err()
			}
			fmt.Fprintf(s.err, "Warning:  %s on '%s' failed (may have changed type)\n", commands[i][0], keys[places[i]])
		}
		sizes[places[i]] = v.Int
		return nil
	})
}

// batch sends commands at once and calls each with the replies, in order.
func (s *session) batch(commands [][]string, each func(i int, v *resp.Value) error) error {
	for _, args := range commands {
		s.c.queue(args...)
	}
	if err := s.c.flush(); err != nil {
		return err
	}
	for i := 0; i < len(commands); {
		v, err := s.c.read()
		if err != nil {
			return err
		}
		if v.Kind == resp.KindPush {
			continue
		}
		if err := each(i, &v); err != nil {
			return err
		}
		i++
	}
	return nil
}

// hotKeyCount is how many keys --hotkeys names.
const hotKeyCount = 16

type hotKey struct {
	key     string
	counter int64
}

// hotKeys finds the keys that are used most, which only a server with an LFU policy knows.
func (s *session) hotKeys(ctx context.Context) error {
	var top []hotKey // most used first
	_, err := s.survey(ctx, "hot", func(percent float64, keys []string) error {
		commands := make([][]string, len(keys))
		for i, key := range keys {
			commands[i] = []string{"OBJECT", "FREQ", key}
		}
		return s.batch(commands, func(i int, v *resp.Value) error {
			if v.IsError() {
				return fmt.Errorf("Error: %s", v.Text)
			}
			at, seen := slices.BinarySearchFunc(top, v.Int, func(h hotKey, n int64) int { return cmp.Compare(n, h.counter) })
			for seen && at < len(top) && top[at].counter == v.Int {
				at++
			}
			if v.Int == 0 || at == hotKeyCount {
				return nil
			}
			top = slices.Insert(top, at, hotKey{keys[i], v.Int})
			top = top[:min(len(top), hotKeyCount)]
			fmt.Fprintf(s.out, "[%05.2f%%] Hot key '%s' found so far with counter %d\n", percent, quotedKey(keys[i]), v.Int)
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, h := range top {
		fmt.Fprintf(s.out, "hot key found with counter: %d\tkeyname: %s\n", h.counter, quotedKey(h.key))
	}
	return nil
}

// pages calls visit with the keys of each SCAN.
func (s *session) pages(ctx context.Context, visit func(keys []resp.Value) error) error {
	cursor := "0"
	for ctx.Err() == nil {
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
		if err := visit(v.Elems[1].Elems); err != nil {
			return err
		}
		if cursor = string(v.Elems[0].Text); cursor == "0" {
			return nil
		}
	}
	return ctx.Err()
}
