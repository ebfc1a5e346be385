package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"
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
	role  *atomic.Int32  // 'M', 'S'
	sys   *syslog.Writer // nil without syslog-enabled
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
	line := len(b)
	b = append(b, r.Message...)
	b = append(b, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = append(b, attr(a)...)
		return true
	})
	b = append(b, '\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sys != nil { // it has a time and the process's number of its own; without a system's log the line stands in ours
		_ = h.tell(r.Level, string(b[line:]))
	}
	_, err := h.out.Write(b)
	return err
}

// tell writes a line to the system's log, under the priority that Redis gives to its level.
func (h *logHandler) tell(level slog.Level, line string) error {
	switch {
	case level < levelVerbose:
		return h.sys.Debug(line)
	case level < levelNotice:
		return h.sys.Info(line)
	case level < levelWarning:
		return h.sys.Notice(line)
	}
	return h.sys.Warning(line)
}

// openSyslog has what is logged told to the system's log, too (syslog-enabled): the local one, or that at a network's address.
func (a *App) openSyslog(network, address string) error {
	facility := syslog.LOG_USER
	if digit, ok := strings.CutPrefix(a.cfg.SyslogFacility, "local"); ok {
		n, _ := strconv.Atoi(digit) // config knows none but 0 to 7
		facility = syslog.LOG_LOCAL0 + syslog.Priority(n)<<3
	}
	w, err := syslog.Dial(network, address, facility|syslog.LOG_NOTICE, a.cfg.SyslogIdent)
	if err == nil {
		a.handler.sys = w
	}
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
