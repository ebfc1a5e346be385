package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Title fills proc-title-template in: {variable} is replaced, {{ is a brace.
func (c *Config) Title(program string) string {
	title, _ := c.fillTitle(c.ProcTitleTemplate, program)
	return title
}

// fillTitle tells false for a variable that there is none of, and for a brace without its end.
func (c *Config) fillTitle(template, program string) (title string, ok bool) {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(template, "{")
		b.WriteString(text)
		if !found {
			return strings.Trim(b.String(), " "), true
		}
		if brace, ok := strings.CutPrefix(rest, "{"); ok {
			b.WriteByte('{')
			template = brace
			continue
		}
		name, behind, closed := strings.Cut(rest, "}")
		value, known := c.titleVariable(name, program)
		if !closed || !known {
			return "", false
		}
		b.WriteString(value)
		template = behind
	}
}

func (c *Config) titleVariable(name, program string) (value string, known bool) {
	switch name {
	case "title":
		return program, true
	case "listen-addr":
		return c.listenAddr(), true
	case "server-mode":
		return "", true // neither a cluster's node nor a Sentinel
	case "port":
		return strconv.Itoa(c.Port), true
	case "tls-port":
		return "0", true // there is no TLS
	case "unixsocket":
		return c.UnixSocket, true
	case "config-file":
		return cmp.Or(c.ConfigFile, "-"), true
	}
	return "", false
}

// listenAddr is the first address that is listened on.
func (c *Config) listenAddr() string {
	switch {
	case c.Port == 0:
		return c.UnixSocket
	case len(c.Bind) == 0:
		return fmt.Sprintf("*:%d", c.Port)
	}
	host := c.Bind[0]
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d", host, c.Port)
}

// checkTitle refuses a template that leaves nothing, or has unknown variables. What the program is called does not count.
func (c *Config) checkTitle(template string) error {
	if title, ok := c.fillTitle(template, ""); !ok || title == "" {
		return errors.New("template format is invalid or contains unknown variables")
	}
	return nil
}
