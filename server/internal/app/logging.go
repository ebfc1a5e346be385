package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// The levels of the directive loglevel as slog levels.
const (
	levelDebug   = slog.LevelDebug
	levelVerbose = slog.LevelDebug + 2
	levelNotice  = slog.LevelInfo
	levelWarning = slog.LevelWarn
)

// logHandler writes lines as redis-server does, since people grep for them:
//
//	12345:M 22 Nov 2026 23:49:53.123 * Ready to accept connections
type logHandler struct {
	mu    *sync.Mutex
	out   io.Writer
	level *slog.LevelVar
	role  *atomic.Int32 // 'M', 'S'
	attrs string
}

func newLogHandler(out io.Writer) *logHandler {
	h := &logHandler{mu: &sync.Mutex{}, out: out, level: &slog.LevelVar{}, role: &atomic.Int32{}}
	h.role.Store('M')
	return h
}

// setRole changes the letter behind the process's number.
func (h *logHandler) setRole(replica bool) {
	role := int32('M')
	if replica {
		role = 'S'
	}
	h.role.Store(role)
}

func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	mark := byte('#')
	switch {
	case r.Level < levelVerbose:
		mark = '.'
	case r.Level < levelNotice:
		mark = '-'
	case r.Level < levelWarning:
		mark = '*'
	}
	b := make([]byte, 0, 160)
	b = strconv.AppendInt(b, int64(os.Getpid()), 10)
	b = append(b, ':', byte(h.role.Load()), ' ')
	b = r.Time.AppendFormat(b, "02 Jan 2006 15:04:05.000")
	b = append(b, ' ', mark, ' ')
	b = append(b, r.Message...)
	b = append(b, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = append(b, attr(a)...)
		return true
	})
	b = append(b, '\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.out.Write(b)
	return err
}

func attr(a slog.Attr) string {
	v := a.Value.String()
	if strings.ContainsAny(v, " \"\n\r\t=") || v == "" {
		v = strconv.Quote(v)
	}
	return fmt.Sprintf(" %s=%s", a.Key, v)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	for _, a := range attrs {
		n.attrs += attr(a)
	}
	return &n
}

// WithGroup is not used by the server: groups would make lines that nobody greps for.
func (h *logHandler) WithGroup(string) slog.Handler { return h }
