//go:build !unix

package main

import (
	"errors"
	"os/exec"
)

func detach(*exec.Cmd) {}

func (s *server) hold() error {
	return errors.New("this system cannot hold a process still: use --outage 0s")
}

func (s *server) release() error { return nil }
