package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/rdbcheck/check"
)

// fixing cuts append-only files behind their last whole command or transaction, or before a time.
type fixing struct {
	*program
	yes, backup bool
	until       int64 // Unix time in s, -1: none
	tail        bool  // cut what is damaged
}

// fix is --fix and --truncate-to-timestamp. Both may be given.
func (p *program) fix(c *cli.Context) error {
	f := &fixing{program: p, yes: c.Bool("yes"), backup: c.Bool("backup"), until: -1, tail: c.Bool("fix")}
	if c.IsSet("truncate-to-timestamp") {
		f.until = c.Int64("truncate-to-timestamp")
	}
	for _, name := range c.Args().Slice() {
		if err := f.path(name); err != nil {
			p.complain(err)
		}
	}
	return nil
}

// path fixes a file, or the last file of a set.
func (f *fixing) path(name string) error {
	if info, err := os.Stat(name); err != nil {
		return err
	} else if info.IsDir() {
		manifests, _, err := check.FindManifests(name)
		if err != nil {
			return err
		}
		if len(manifests) != 1 {
			return fmt.Errorf("%s: %d manifests; name the one to be fixed", name, len(manifests))
		}
		name = manifests[0]
	}
	if !strings.HasSuffix(name, ".manifest") {
		_, err := f.file(name, true)
		return err
	}
	return f.set(name)
}

// set fixes the files of a manifest: only the last one may be cut, else commands between would be missing.
func (f *fixing) set(manifest string) error {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return err
	}
	m, err := aof.ParseManifest(text)
	if err != nil {
		return fmt.Errorf("%s: %w", manifest, err)
	}
	files := m.Files()
	for i, file := range files {
		if ok, err := f.file(filepath.Join(filepath.Dir(manifest), file.Name), i == len(files)-1); err != nil || !ok {
			return err
		}
	}
	return nil
}

// file fixes one file; ok says that it is whole now.
func (f *fixing) file(name string, last bool) (ok bool, err error) {
	in, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return false, err
	}
	cut, why, err := f.cutOf(in, info.Size())
	switch {
	case err != nil:
		return false, fmt.Errorf("%s: %w", name, err)
	case cut == info.Size():
		fmt.Fprintf(f.std.out, "%s: nothing to cut\n", name)
		return true, nil
	case !last:
		f.worst(exitCorrupt)
		fmt.Fprintf(f.std.out, "%s: %s; it is not the last file of its manifest, and what follows it would not fit: not cut\n", name, why)
		return false, nil
	}
	fmt.Fprintf(f.std.out, "%s: %s: %d of %d bytes are to be cut, from offset %d on\n", name, why, info.Size()-cut, info.Size(), cut)
	if !f.agreed() {
		f.worst(exitCorrupt)
		fmt.Fprintf(f.std.out, "%s: not cut\n", name)
		return false, nil
	}
	return f.cut(name, cut)
}

// cutOf returns where a file is to be cut, its size when it is not.
func (f *fixing) cutOf(in *os.File, size int64) (cut int64, why string, err error) {
	from, err := preambleEnd(in, size)
	if err != nil {
		return 0, "", err
	}
	s := aof.NewScanner(io.NewSectionReader(in, from, size-from), from)
	for {
		before := s.Cut()
		rec, err := s.Next()
		var syntax *aof.SyntaxError
		switch {
		case err == io.EOF:
			return size, "", nil
		case errors.As(err, &syntax) && f.tail:
			return s.Cut(), syntax.Error(), nil
		case err != nil:
			return 0, "", fmt.Errorf("%w; --fix cuts there", err)
		case rec.Args == nil && f.until >= 0:
			unix, found, err := aof.ParseTimestamp(rec.Raw)
			if err != nil || !found || unix <= f.until {
				continue
			}
			if before == 0 {
				return 0, "", fmt.Errorf("nothing in it is from before %s", date(f.until))
			}
			return before, fmt.Sprintf("what follows was written at %s or later", date(unix)), nil
		}
	}
}

// preambleEnd returns where the RDB at the start of a file ends, 0 when there is none.
func preambleEnd(in *os.File, size int64) (int64, error) {
	head := make([]byte, 5)
	if n, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		return 0, err
	} else if !aof.HasPreamble(head[:n]) {
		return 0, nil
	}
	d := rdb.NewDecoder(io.NewSectionReader(in, 0, size), rdb.DecodeOptions{Deep: true, Foreign: true})
	for {
		if _, err := d.Next(); err == io.EOF {
			return d.Offset(), nil
		} else if err != nil {
			return 0, fmt.Errorf("the RDB at its start is damaged, salvage it first: %w", err)
		}
	}
}

// agreed asks, unless --yes was given.
func (f *fixing) agreed() bool {
	if f.yes {
		return true
	}
	fmt.Fprint(f.std.out, "Continue? [y/N]: ")
	answer, _ := bufio.NewReader(f.std.in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// cut shortens a file; with --backup what it was stays beside it.
func (f *fixing) cut(name string, size int64) (bool, error) {
	if f.backup {
		kept, err := copyBeside(name)
		if err != nil {
			return false, err
		}
		fmt.Fprintf(f.std.out, "%s: kept as it was in %s\n", name, kept)
	}
	out, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return false, err
	}
	err = out.Truncate(size)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return false, err
	}
	fmt.Fprintf(f.std.out, "%s: cut to %d bytes\n", name, size)
	return true, nil
}

// copyBeside copies a file to a new one with .bak behind its name, or .bak2 and so on.
func copyBeside(name string) (string, error) {
	in, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	for n := 1; ; n++ {
		to := name + ".bak"
		if n > 1 {
			to = fmt.Sprintf("%s.bak%d", name, n)
		}
		out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = io.Copy(out, in)
		if err == nil {
			err = out.Sync()
		}
		return to, errors.Join(err, out.Close())
	}
}
