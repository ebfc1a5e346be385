package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// peer is Debian's redis-server behind a socket, driven with its redis-cli.
type peer struct {
	t            *testing.T
	dir, program string
}

func startPeer(t *testing.T) *peer {
	t.Helper()
	server := original(t, "redis-server")
	p := &peer{t, t.TempDir(), original(t, "redis-cli")}
	cmd := exec.Command(server, "--port", "0", "--unixsocket", "s", "--dir", p.dir, "--save", "", "--enable-debug-command", "yes")
	cmd.Dir = p.dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); p.run(nil, "PING") != "PONG"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
	return p
}

func (p *peer) run(stdin []byte, args ...string) string {
	cmd := exec.Command(p.program, append([]string{"-s", filepath.Join(p.dir, "s")}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, _ := cmd.CombinedOutput()
	return strings.TrimSpace(string(out))
}

// do runs a command that must succeed.
func (p *peer) do(args ...string) string {
	p.t.Helper()
	out := p.run(nil, append([]string{"-e"}, args...)...)
	if strings.HasPrefix(out, "ERR") || strings.Contains(out, "not allowed") {
		p.t.Fatalf("%v: %s", args, out)
	}
	return out
}

// pipe sends commands that must all succeed.
func (p *peer) pipe(commands []byte) {
	p.t.Helper()
	if out := p.run(commands, "--pipe"); !strings.Contains(out, "errors: 0,") {
		p.t.Fatalf("%s", out)
	}
}

// fill makes keys of all types and encodings.
func (p *peer) fill() {
	var out []byte
	add := func(words ...string) { out = appendWords(out, words...) }
	for i := range 200 {
		add("SET", fmt.Sprint("user:", i, ":name"), strings.Repeat("v", i), "PX", strconv.Itoa(1e8+i*1000))
		add("SET", fmt.Sprint("number:", i), strconv.Itoa(i*i*i))
		hash, zset := []string{"HSET", fmt.Sprint("hash:", i)}, []string{"ZADD", fmt.Sprint("zset:", i)}
		set, list, words := []string{"SADD", fmt.Sprint("ints:", i)}, []string{"RPUSH", fmt.Sprint("list:", i)}, []string{"SADD", fmt.Sprint("words:", i)}
		for j := range i*4 + 1 {
			hash = append(hash, fmt.Sprint("field", j), strings.Repeat("x", j%70))
			zset = append(zset, strconv.FormatFloat(float64(j)/7, 'g', -1, 64), fmt.Sprint("member", j))
			set, list, words = append(set, strconv.Itoa(j*3)), append(list, fmt.Sprint("element", j)), append(words, fmt.Sprint("w\x00\xff", j))
		}
		for _, c := range [][]string{hash, zset, set, list, words} {
			add(c...)
		}
		add("XADD", fmt.Sprint("stream:", i%5), fmt.Sprint(1000+i, "-1"), "a", strconv.Itoa(i), "b", "text")
	}
	add("RPUSH", "large", strings.Repeat("L", 20000), "small")
	add("ZADD", "ends", "-inf", "low", "inf", "high", "-0", "zero")
	add("XGROUP", "CREATE", "stream:1", "group", "0", "ENTRIESREAD", "3")
	add("XREADGROUP", "GROUP", "group", "alice", "COUNT", "7", "STREAMS", "stream:1", ">")
	add("XREADGROUP", "GROUP", "group", "bob", "COUNT", "2", "STREAMS", "stream:1", ">")
	add("XDEL", "stream:1", "1006-1")
	add("XADD", "gone", "5-5", "a", "b")
	add("XDEL", "gone", "5-5")
	add("SELECT", "3")
	add("SET", "other", "database")
	add("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
	p.pipe(out)
}

// save returns the path of a snapshot.
func (p *peer) save() string {
	p.do("SAVE")
	return filepath.Join(p.dir, "dump.rdb")
}

// TestDumpedCommandsMakeTheSameData sends what dump --format resp writes to an empty server.
func TestDumpedCommandsMakeTheSameData(t *testing.T) {
	p := startPeer(t)
	p.fill()
	want := p.do("DEBUG", "DIGEST")
	code, commands, complaints := runProgram(t, nil, "dump", "--format", "resp", p.save())
	if code != 0 {
		t.Fatal(complaints)
	}
	p.do("FLUSHALL")
	p.do("FUNCTION", "FLUSH")
	p.pipe([]byte(commands))
	if got := p.do("DEBUG", "DIGEST"); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if got := p.do("FUNCTION", "LIST"); !strings.Contains(got, "lib") {
		t.Errorf("functions: %s", got)
	}
	if got := p.do("XINFO", "STREAM", "stream:1", "FULL"); !strings.Contains(got, "alice") || !strings.Contains(got, "1006-1") {
		t.Errorf("stream: %s", got)
	}
}

// TestConvertedFilesHoldTheSame loads what convert writes into the original, and compares with diff.
func TestConvertedFilesHoldTheSame(t *testing.T) {
	p := startPeer(t)
	p.fill()
	want := p.do("DEBUG", "DIGEST")
	file := p.save()
	for _, version := range []string{"9", "10", "11", "12"} {
		out := filepath.Join(t.TempDir(), "new.rdb")
		args := []string{"convert", "--to-version", version, file, out}
		if version == "9" {
			if code, _, complaints := runProgram(t, nil, args...); code != 2 || !strings.Contains(complaints, "cannot hold a function library") {
				t.Errorf("functions in version 9: %d %s", code, complaints)
			}
			args = append(args, "--lossy")
		}
		code, _, complaints := runProgram(t, nil, args...)
		if code != 0 && (code != 3 || version != "9") {
			t.Errorf("version %s: %d %s", version, code, complaints)
			continue
		}
		if code, text, _ := runProgram(t, nil, "diff", file, out); code != 0 {
			t.Errorf("version %s: %s", version, text)
		}
		if version == "11" || version == "12" {
			continue // 7.0 reads up to 10
		}
		b, _ := os.ReadFile(out)
		os.WriteFile(file, b, 0o600)
		p.do("DEBUG", "RELOAD", "NOSAVE")
		if got := p.do("DEBUG", "DIGEST"); got != want {
			t.Errorf("version %s: digest %s, want %s", version, got, want)
		}
	}
}

// TestMemoryIsWhatTheOriginalSays holds the estimates against MEMORY USAGE.
func TestMemoryIsWhatTheOriginalSays(t *testing.T) {
	p := startPeer(t)
	p.fill()
	p.do("DEBUG", "RELOAD")
	_, out, _ := runProgram(t, nil, "stats", "--json", "--top", "5000", "--db", "0", p.save())
	var got struct {
		Keys []jsonKey `json:"largest_by_memory"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Keys) < 1000 {
		t.Fatal(err, len(got.Keys))
	}
	ours, theirs := map[string]int64{}, map[string]int64{}
	for i := 0; i < len(got.Keys); i += 15 {
		k := got.Keys[i]
		if strings.Contains(k.Key, `\`) {
			continue
		}
		n, _ := strconv.ParseInt(p.do("MEMORY", "USAGE", k.Key, "SAMPLES", "0"), 10, 64)
		ours[k.Encoding] += k.Memory
		theirs[k.Encoding] += n
	}
	for e, n := range theirs {
		if ratio := float64(ours[e]) / float64(n); ratio < 0.85 || ratio > 1.2 {
			t.Errorf("%s: %d bytes by estimate, %d by MEMORY USAGE", e, ours[e], n)
		}
	}
}
