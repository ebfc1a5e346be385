package app

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/config"
)

// syslog-enabled: each line goes to the system's log as well, with facility, priority and name, and without the time that the log adds.
func TestSystemLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	system, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer system.Close()
	for facility, number := range map[string]int{"user": 1, "local0": 16, "local7": 23} {
		cfg := config.New()
		cfg.SyslogFacility, cfg.SyslogIdent = facility, "store"
		var own bytes.Buffer
		a := &App{cfg: cfg, handler: newLogHandler(&own)}
		a.handler.level.Set(levelDebug)
		if err := a.openSyslog("unixgram", path); err != nil {
			t.Fatal(err)
		}
		log := slog.New(a.handler)
		for level, priority := range map[slog.Level]int{levelDebug: 7, levelVerbose: 6, levelNotice: 5, levelWarning: 4} {
			log.Log(t.Context(), level, "something", "key", "a b")
			b := make([]byte, 1000)
			if err := system.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			n, err := system.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			line := string(b[:n])
			if head := "<" + strconv.Itoa(number*8+priority) + ">"; !strings.HasPrefix(line, head) || !strings.Contains(line, " store[") || !strings.HasSuffix(line, "]: something key=\"a b\"\n") {
				t.Errorf("%s, level %v: the system's log has %q, want %s", facility, level, line, head)
			}
		}
		if n := strings.Count(own.String(), "something key="); n != 4 {
			t.Errorf("the server's own log has %d of 4 lines:\n%s", n, own.String())
		}
	}
	// Nobody there: the server's own log goes on.
	var own bytes.Buffer
	a := &App{cfg: config.New(), handler: newLogHandler(io.Discard)}
	if err := a.openSyslog("unixgram", path+" is not there"); err == nil || a.handler.sys != nil {
		t.Errorf("%v", err)
	}
	a.handler.out = &own
	if slog.New(a.handler).Warn("alone"); !strings.HasSuffix(own.String(), "alone\n") {
		t.Errorf("logged %q", own.String())
	}
}
