package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/peterh/liner"
)

// slowCommand is the time from which the prompt tells how long a command took.
const slowCommand = 500 * time.Millisecond

// prompt reads commands from a person.
func (s *session) prompt(ctx context.Context) error {
	editor := liner.NewLiner()
	defer editor.Close()
	editor.SetCtrlCAborts(true)
	history := s.historyFile()
	if f, err := os.Open(history); err == nil {
		_, _ = editor.ReadHistory(f)
		_ = f.Close()
	}
	if err := s.c.connect(ctx); err != nil {
		fmt.Fprintln(s.err, err)
	}
	var names []string
	if !s.debug.active { // a debugger has other commands
		names = s.commandNames()
	}
	editor.SetCompleter(func(line string) []string { return complete(names, line) })
	for {
		line, err := editor.Prompt(s.promptText())
		if errors.Is(err, io.EOF) || errors.Is(err, liner.ErrPromptAborted) {
			break
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !secret(line) {
			editor.AppendHistory(line)
		}
		if s.local(ctx, line) {
			continue
		}
		start := time.Now()
		quit, err := s.promptLine(ctx, []byte(line))
		if took := time.Since(start); took >= slowCommand && err == nil {
			fmt.Fprintf(s.out, "(%.2fs)\n", took.Seconds())
		}
		if quit {
			break
		}
	}
	s.failed = false // the person has seen it
	return s.saveHistory(editor, history)
}

// promptLine runs a line, until ^C.
func (s *session) promptLine(ctx context.Context, line []byte) (quit bool, err error) {
	ctx, stop := s.interruptible(ctx)
	defer stop()
	quit, err = s.line(ctx, line)
	switch {
	case ctx.Err() != nil:
		// The reply may still come: the next command needs another connection.
		s.c.close()
		fmt.Fprintln(s.out)
		_ = s.c.connect(context.Background()) // the next command tries again, and complains
	case err != nil:
		fmt.Fprintln(s.err, err)
	}
	return quit, err
}

func (s *session) promptText() string {
	if s.debug.active && s.c.conn != nil {
		return "lua debugger> "
	}
	if s.c.conn == nil {
		s.txn = false
		return "not connected> "
	}
	text := s.o.addr()
	if s.o.db != 0 {
		text += fmt.Sprintf("[%d]", s.o.db)
	}
	if s.txn {
		text += "(TX)"
	}
	return text + "> "
}

// secret reports a line that has no place in a file.
func secret(line string) bool {
	words := strings.Fields(strings.ToLower(line))
	has := func(word string) bool { return slices.Contains(words, word) }
	switch words[0] {
	case "auth":
		return true
	case "acl":
		return has("setuser")
	case "config":
		return has("requirepass") || has("masterauth") || has("masteruser")
	case "hello", "migrate":
		return has("auth") || has("auth2")
	}
	return false
}

// historyFile is empty when there is to be none.
func (s *session) historyFile() string {
	if name := s.getenv("REDISCLI_HISTFILE"); name != "" {
		if name == os.DevNull {
			return ""
		}
		return name
	}
	home := s.getenv("HOME")
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".lockstep_cli_history")
}

func (s *session) saveHistory(editor *liner.State, name string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("save history: %w", err)
	}
	_, err = editor.WriteHistory(f)
	return errors.Join(err, f.Close())
}

// commandNames asks the server what it knows; a server that does not tell gets
// no completion.
func (s *session) commandNames() []string {
	if s.c.conn == nil {
		return nil
	}
	v, err := s.c.do("COMMAND", "LIST")
	if err != nil {
		return nil
	}
	var names []string
	for i := range v.Elems {
		names = append(names, strings.ReplaceAll(string(v.Elems[i].Text), "|", " "))
	}
	slices.Sort(names)
	return names
}

// complete returns the command names that begin with line.
func complete(names []string, line string) (found []string) {
	lower := strings.ToLower(line)
	for _, name := range names {
		if strings.HasPrefix(name, lower) {
			if line != lower {
				name = strings.ToUpper(name)
			}
			found = append(found, name)
		}
	}
	return found
}
