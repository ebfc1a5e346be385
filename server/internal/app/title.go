package app

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Title is the process title that ps shows (set-proc-title, proc-title-template). It is written over the arguments and, where
// those are too short for it, over the environment that the process was started with: the kernel shows what stands there.
// Go has its own copy of the environment, and TakeArgs makes one of the arguments.
type Title struct {
	room []byte // empty where the system has no such thing
}

// Set shows text, as much of it as there is room for.
func (t *Title) Set(text string) {
	if t == nil || len(t.room) == 0 {
		return
	}
	// The last byte stays 0: what the process began with ended there, and whoever still reads it needs an end.
	n := copy(t.room[:len(t.room)-1], text)
	clear(t.room[n:])
}

// watchTitle shows the title now and when one of its parts changes.
func (a *App) watchTitle() {
	if !a.cfg.SetProcTitle {
		return
	}
	show := func() error { a.opts.Title.Set(a.title()); return nil }
	_ = show()
	a.cfg.OnChange(show, "proc-title-template", "bind", "port", "tls-port")
}

// title fills the template in.
func (a *App) title() string {
	c := a.cfg
	port := c.Port
	if port == 0 {
		port = c.TLSPort
	}
	addr := c.UnixSocket
	if port != 0 {
		addr = fmt.Sprintf("%s:%d", host(c.Bind), port)
	}
	return strings.TrimSpace(strings.NewReplacer("{title}", a.opts.Executable, "{listen-addr}", addr, "{server-mode}", "",
		"{port}", strconv.Itoa(c.Port), "{tls-port}", strconv.Itoa(c.TLSPort), "{unixsocket}", c.UnixSocket, "{config-file}", c.ConfigFile).Replace(c.ProcTitleTemplate))
}

// host is the first address that is listened on, in the form that stands before a port.
func host(bind []string) string {
	if len(bind) == 0 {
		return "*"
	}
	if ip := net.ParseIP(bind[0]); ip != nil && ip.To4() == nil {
		return "[" + bind[0] + "]"
	}
	return bind[0]
}
