package main

import (
	"os/exec"
	"syscall"
)

// detach keeps the terminal's ^C from a server: this program ends it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// hold keeps the server from running until release.
func (s *server) hold() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

// release lets a held server run.
func (s *server) release() error { return s.cmd.Process.Signal(syscall.SIGCONT) }
