package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// conn is a connection to a server. Reads and writes end with ctx of dial.
type conn struct {
	netconn.Conn
	reader *resp.Reader
	out    []byte
	unhook func() bool
}

func dial(ctx context.Context, port int) (*conn, error) {
	c, err := netconn.Dial(ctx, "127.0.0.1:"+strconv.Itoa(port), netconn.DialOptions{})
	if err != nil {
		return nil, err
	}
	unhook := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	return &conn{Conn: c, reader: resp.NewReader(c), unhook: unhook}, nil
}

func (c *conn) close() {
	c.unhook()
	_ = c.Close()
}

// do sends a command and returns the reply; an error reply is an error.
func (c *conn) do(args ...string) (resp.Value, error) {
	c.out = resp.AppendCommand(c.out[:0], args...)
	if _, err := c.Write(c.out); err != nil {
		return resp.Value{}, fmt.Errorf("send %s: %w", args[0], err)
	}
	v, err := c.reader.Read()
	if err == nil {
		err = v.Err()
	}
	if err != nil {
		return v, fmt.Errorf("%s: %w", args[0], err)
	}
	return v, nil
}

// info holds fields of INFO.
type info map[string]string

func (c *conn) info(sections ...string) (info, error) {
	v, err := c.do(append([]string{"INFO"}, sections...)...)
	if err != nil {
		return nil, err
	}
	fields := info{}
	for line := range strings.Lines(string(v.Text)) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			fields[name] = value
		}
	}
	return fields, nil
}

// number returns a field; 0 when the server does not have it.
func (f info) number(name string) int64 {
	n, _ := strconv.ParseInt(f[name], 10, 64)
	return n
}

// cpu returns the processor time of the server and of its children that have ended.
func (f info) cpu() time.Duration {
	var sum float64
	for _, name := range []string{"used_cpu_sys", "used_cpu_user", "used_cpu_sys_children", "used_cpu_user_children"} {
		seconds, _ := strconv.ParseFloat(f[name], 64)
		sum += seconds
	}
	return time.Duration(sum * float64(time.Second))
}
