package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// programs says which file plays the part of each program that the suite starts as src/<name>.
type programs map[string]string

// ours maps the suite's names to the programs in bin. A program that we do not have yet is played by Debian's.
// redis-server must be ours: a run against anything else would show nothing.
func ours(bin string) (programs, error) {
	p, err := peers("")
	if err != nil {
		return nil, err
	}
	server := filepath.Join(bin, "lockstep-server")
	if _, err := os.Stat(server); err != nil {
		return nil, fmt.Errorf("no server to test (make build makes it): %w", err)
	}
	p["redis-server"] = server
	for name, file := range map[string]string{"redis-cli": "lockstep-cli", "redis-check-rdb": "lockstep-rdbcheck"} {
		if path := filepath.Join(bin, file); isFile(path) {
			p[name] = path
		}
	}
	return p, nil
}

// peers maps every name to Debian's program; a non-empty server replaces redis-server.
func peers(server string) (programs, error) {
	p := programs{}
	for _, name := range []string{"redis-server", "redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb", "redis-sentinel"} {
		path, err := exec.LookPath(name)
		if err != nil {
			return nil, fmt.Errorf("%s is missing (make peers installs redis-server, redis-sentinel and redis-tools): %w", name, err)
		}
		p[name] = path
	}
	if server != "" {
		p["redis-server"] = server
	}
	return p, nil
}

// freeze copies the programs of dir, so that a build during the run does not swap them under the suite.
func (p programs) freeze(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, path := range p {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		copied := filepath.Join(dir, filepath.Base(path))
		os.Remove(copied) // a process of an earlier run may still execute it
		if err := os.WriteFile(copied, b, 0o755); err != nil {
			return err
		}
		p[name] = copied
	}
	return nil
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

// buildTree makes dir look to the suite like a built source tree: everything is a link into the source, except
// src/, which holds links to the programs under test, and tests/tmp, which must belong to one run alone.
func buildTree(dir, source string, p programs) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, d := range []string{"src", "tests/tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	for _, sub := range []string{"", "tests"} {
		entries, err := os.ReadDir(filepath.Join(source, sub))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if name := e.Name(); name != "src" && name != "tests" && name != "tmp" {
				if err := link(filepath.Join(source, sub, name), filepath.Join(dir, sub, name)); err != nil {
					return err
				}
			}
		}
	}
	for name, target := range p {
		if err := link(target, filepath.Join(dir, "src", name)); err != nil {
			return err
		}
	}
	return nil
}

func link(target, path string) error {
	abs, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	return os.Symlink(abs, path)
}
