package main

import (
	"io"
	"os"
	"os/exec"
	"syscall"
)

// daemonEnv marks the process that runs in the background. A Go program cannot fork: daemonize starts it anew, away from the terminal.
const daemonEnv = "LOCKSTEP_DAEMON"

const defaultPIDFile = "/var/run/redis.pid" // Redis's, of a server in the background

// keepStdin reads standard input, and puts it back for who reads the configuration: the process in the background needs it too.
func keepStdin() ([]byte, error) {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	os.Stdin = r
	go feed(w, text)
	return text, nil
}

func feed(w *os.File, text []byte) {
	_, _ = w.Write(text) // who stops reading has an error of its own to tell
	_ = w.Close()
}

// daemonize starts the same command line in a session of its own, without a terminal.
func daemonize(args []string, stdin []byte) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Env = append(os.Environ(), daemonEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = r.Close()
	feed(w, stdin)
	return nil
}
