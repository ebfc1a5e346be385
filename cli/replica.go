package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// snapshot asks the server for its data as a replica does, and returns what
// comes: an RDB file. REPLCONF options that an older server does not know are
// left out, with the exception of must.
func (s *session) snapshot(must string, configs ...string) (*wire.Frame, error) {
	for i := 0; i+1 < len(configs); i += 2 {
		fmt.Fprintf(s.err, "sending REPLCONF %s %s\n", configs[i], configs[i+1])
		v, err := s.c.do("REPLCONF", configs[i], configs[i+1])
		if err != nil {
			return nil, err
		}
		if v.IsError() && configs[i] == must {
			return nil, fmt.Errorf("REPLCONF %s error: %s", must, v.Text)
		}
	}
	if err := s.c.send("SYNC"); err != nil {
		return nil, err
	}
	first, err := s.c.buffer.Peek(1)
	if err != nil {
		return nil, s.c.lost(err)
	}
	if first[0] == '-' {
		v, err := s.c.read()
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("SYNC with master failed: %s", v.Text)
	}
	return wire.ReadFrame(s.c.buffer, nil)
}

// frameSize describes the length of a snapshot.
func frameSize(f *wire.Frame) string {
	if f.Size < 0 {
		return "bytes of bulk transfer until EOF marker"
	}
	return fmt.Sprintf("%d bytes", f.Size)
}

// saveRDB writes the server's data, or its functions, to a file. A file is
// complete or it is not there: it gets its name at the end.
func (s *session) saveRDB(context.Context) error {
	configs := []string{"capa", "eof", "rdb-only", "1"}
	must := ""
	if s.o.functions {
		must = "rdb-filter-only"
		configs = append(configs, must, "functions")
	}
	frame, err := s.snapshot(must, configs...)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "SYNC sent to master, writing %s to '%s'\n", frameSize(frame), s.o.rdbFile)
	if s.o.rdbFile == "-" {
		_, err = io.Copy(s.out, frame)
	} else {
		err = saveFile(s.o.rdbFile, frame)
	}
	if err != nil {
		return fmt.Errorf("after %d bytes: %w", frame.Received, err)
	}
	fmt.Fprintf(s.err, "Transfer finished with success after %d bytes\n", frame.Received)
	return nil
}

// saveFile writes what src holds to a temporary file and renames it. What is no
// regular file, such as a pipe, is written to as it is.
func saveFile(name string, src io.Reader) (err error) {
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, src)
		return errors.Join(err, f.Close())
	}
	temp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, src)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}

// follow prints the commands that the server sends to its replicas.
func (s *session) follow(context.Context) error {
	frame, err := s.snapshot("", "capa", "eof", "rdb-filter-only", "")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "SYNC with master, discarding %s\n", frameSize(frame))
	if _, err := io.Copy(io.Discard, frame); err != nil {
		return s.c.lost(err)
	}
	fmt.Fprintf(s.err, "SYNC done after %d bytes. Logging commands from master.\n", frame.Received)
	if frame.Size < 0 {
		fmt.Fprintln(s.err, "sending REPLCONF ACK 0")
		done := make(chan struct{})
		defer close(done)
		go acknowledge(s.c.conn, done)
	}
	if s.o.format == formatRaw || s.o.format == formatTyped {
		s.o.format = formatCSV
	}
	for {
		v, err := s.c.read()
		if err != nil {
			return err
		}
		s.print(&v)
	}
}

// acknowledge tells the master again and again that the snapshot is here: after
// one of unknown length it waits for that, and the first word may come before it
// has noticed the end itself.
func acknowledge(conn io.Writer, done <-chan struct{}) {
	ack := resp.AppendCommand(nil, "REPLCONF", "ACK", "0")
	for {
		if _, err := conn.Write(ack); err != nil {
			return // who reads meets the same error
		}
		select {
		case <-done:
			return
		case <-time.After(time.Second):
		}
	}
}
