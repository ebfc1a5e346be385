package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// keyring is where Debian keeps the keys of its archive; without it apt falls back to its trusted keys.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// fetchSource returns the unpacked source tree of Redis 7.0, fetching it when the cache does not hold it yet.
// The version is the one of the installed redis-server, so that suite and peer agree.
func fetchSource(cache string) (string, error) {
	version, err := wantedVersion()
	if err != nil {
		return "", err
	}
	final := filepath.Join(cache, "source", strings.ReplaceAll(version, ":", "_"))
	if _, err := os.Stat(filepath.Join(final, "tests", "test_helper.tcl")); err == nil {
		return final, nil
	}
	for _, tool := range []string{"apt-get", "dpkg-source"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%s is needed to fetch the suite (Debian's packages apt and dpkg-dev), or pass -source DIR: %w", tool, err)
		}
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	a, err := newApt(work)
	if err != nil {
		return "", err
	}
	if err := a.run("update"); err != nil {
		return "", err
	}
	if err := a.run("source", "--only-source", "redis="+version); err != nil {
		return "", fmt.Errorf("fetch source of redis %s: %w", version, err)
	}
	dirs, _ := filepath.Glob(filepath.Join(work, "redis-*", "tests", "test_helper.tcl"))
	if len(dirs) != 1 {
		return "", fmt.Errorf("the source package of redis %s holds no tests/test_helper.tcl", version)
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return "", err
	}
	return final, os.Rename(filepath.Dir(filepath.Dir(dirs[0])), final)
}

// wantedVersion asks dpkg for the source version of the installed redis-server.
func wantedVersion() (string, error) {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${source:Version}", "redis-server").Output()
	if err != nil {
		return "", errors.New("redis-server is not installed as a Debian package (make peers installs it); pass -source DIR to use an unpacked source tree")
	}
	version := string(out)
	if !strings.Contains(version, "7.0.") {
		return "", fmt.Errorf("the installed redis-server is %s; the suite wanted is that of 7.0", version)
	}
	return version, nil
}

// apt runs apt-get in a directory of its own: sources, index and cache all live there.
type apt struct {
	dir     string
	options []string
}

func newApt(dir string) (*apt, error) {
	a := &apt{dir: dir}
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	sources, err := sourceEntries()
	if err != nil {
		return nil, err
	}
	list := filepath.Join(dir, "sources.list")
	if err := os.WriteFile(list, []byte(sources), 0o644); err != nil {
		return nil, err
	}
	a.options = []string{"-q",
		"-o", "Dir::Etc::sourcelist=" + list,
		"-o", "Dir::Etc::sourceparts=-",
		"-o", "Dir::State::lists=" + filepath.Join(dir, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(dir, "cache"),
		// As root apt drops its rights to _apt, who may not read our cache.
		"-o", "APT::Sandbox::User=",
		"-o", "Acquire::Languages=none",
	}
	return a, nil
}

func (a *apt) run(args ...string) error {
	cmd := exec.Command("apt-get", append(append([]string{}, a.options...), args...)...)
	cmd.Dir = a.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out.Bytes())
	}
	return nil
}

// sourceEntries turns the machine's own package sources of this Debian release into source-package ones,
// so that the suite comes from the mirror that the machine already uses.
func sourceEntries() (string, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	var codename string
	for _, line := range strings.Split(string(release), "\n") {
		if v, ok := strings.CutPrefix(line, "VERSION_CODENAME="); ok {
			codename = strings.Trim(v, `"`)
		}
	}
	out, err := exec.Command("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages").Output()
	if err != nil {
		return "", fmt.Errorf("ask apt for its sources: %w", err)
	}
	return sourceList(string(out), codename)
}

// sourceList selects from lines of "URI release component" those of one Debian release.
func sourceList(targets, codename string) (string, error) {
	signed := ""
	if _, err := os.Stat(keyring); err == nil {
		signed = "[signed-by=" + keyring + "] "
	}
	var b strings.Builder
	seen := map[string]bool{}
	for _, line := range strings.Split(targets, "\n") {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "main" || codename == "" || !strings.HasPrefix(f[1], codename) || seen[line] {
			continue
		}
		seen[line] = true
		fmt.Fprintf(&b, "deb-src %s%s %s %s\n", signed, f[0], f[1], f[2])
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("apt knows no package source of the release %q", codename)
	}
	return b.String(), nil
}
