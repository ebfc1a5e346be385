package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

// slowHash is that of the password "slow" with cheap parameters: argon2id in the PHC form.
const slowHash = "$argon2id$v=19$m=1024,t=1,p=1$YSBzYWx0IG9mIHRoZSB0ZXN0$tGdslM2jMGlaDQ1CjbdWW8IW8M8F4BxkSWDg8IqL58c"

// Users come from a file, log in with passwords hashed either way, may do what the file says, and are saved back.
func TestUsersFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.acl")
	text := "user default off\nuser admin on >root ~* &* +@all\nuser reader on #" + slowHash + " ~public:* +@read +@connection\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	port := rig.FreePort(t)
	login := func(user, password string) *redis.Client {
		c := redis.NewClient(&redis.Options{Addr: loopback(port), Username: user, Password: password, MaxRetries: -1, DisableIdentity: true})
		t.Cleanup(func() { c.Close() })
		return c
	}
	serveUntil(t, "", func() error { return login("admin", "root").Ping(context.Background()).Err() }, "--port", fmt.Sprint(port), "--aclfile", file, "--save", "")
	ctx := t.Context()
	admin := login("admin", "root")
	if err := admin.MSet(ctx, "public:a", "1", "secret:a", "2").Err(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second login is answered from memory
		reader := login("reader", "slow")
		if v, err := reader.Get(ctx, "public:a").Result(); err != nil || v != "1" {
			t.Errorf("GET public:a: %q, %v", v, err)
		}
		for _, err := range []error{reader.Get(ctx, "secret:a").Err(), reader.Set(ctx, "public:a", "x", 0).Err()} {
			if err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
				t.Errorf("want NOPERM, got %v", err)
			}
		}
		reader.Close()
	}
	for _, c := range []*redis.Client{login("reader", "wrong"), login("", ""), login("nobody", "slow")} {
		if err := c.Ping(ctx).Err(); err == nil {
			t.Error("a stranger got in")
		}
	}
	if err := admin.Do(ctx, "ACL", "SETUSER", "reader", "+set").Err(); err != nil {
		t.Fatal(err)
	}
	if err := admin.Do(ctx, "ACL", "SAVE").Err(); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(saved), "#"+slowHash) || !strings.Contains(string(saved), "+set") {
		t.Errorf("the file lacks what was saved: %s, %v", saved, err)
	}
}

// Who logs in with a hash that takes long to check, rightly or not, makes nobody else wait; two such checks run at once and no more, so that their
// memory is bounded. Inside a transaction, where nobody could be served meanwhile, such a login is refused.
func TestSlowLoginsStopNobody(t *testing.T) {
	const memory, clients = 64 << 10, 8 // KiB
	hash := fmt.Sprintf("$argon2id$v=19$m=%d,t=2,p=1$YSBzYWx0IG9mIHRoZSB0ZXN0$tGdslM2jMGlaDQ1CjbdWW8IW8M8F4BxkSWDg8IqL58c", memory)
	s := rig.Start(t, rig.Ours, "A", rig.Config{"user": "slow on #" + hash + " +@all"})
	if list := fmt.Sprint(s.Must("ACL", "LIST")); !strings.Contains(list, "#"+hash) {
		t.Errorf("ACL LIST: %s", list)
	}
	s.Must("CONFIG", "REWRITE")
	file, err := os.ReadFile(filepath.Join(s.Dir, "redis.conf"))
	if err != nil || !strings.Contains(string(file), "user slow on #"+hash+" ") {
		t.Errorf("CONFIG REWRITE: %s, %v", file, err)
	}
	w := s.Dial()
	for _, call := range [][]string{{"MULTI"}, {"AUTH", "slow", "x"}, {"EXEC"}} {
		w.Command(call...)
	}
	for _, want := range []string{"+OK", "+QUEUED", "*1", "-ERR This password has an argon2id hash"} {
		if line := w.Line(); !strings.HasPrefix(line, want) {
			t.Errorf("%s, want %s", line, want)
		}
	}
	before := peakMemory(t, s.PID())
	refused := make(chan string, clients)
	for range clients {
		w := s.Dial()
		go func() {
			w.Command("AUTH", "slow", "wrong")
			refused <- w.Line()
		}()
	}
	pings := 0
	for done := 0; done < clients; {
		select {
		case line := <-refused:
			done++
			if !strings.HasPrefix(line, "-WRONGPASS") {
				t.Errorf("got in: %s", line)
			}
		default:
			s.Must("PING")
			pings++
		}
	}
	if pings < 10*clients {
		t.Errorf("only %d calls of others were answered while %d logins were checked", pings, clients)
	}
	if more := peakMemory(t, s.PID()) - before; more > 4*memory {
		t.Errorf("%d logins that take %d KiB each took %d", clients, memory, more)
	}
}

// peakMemory is the most that a process ever had resident, in KiB.
func peakMemory(t *testing.T, pid int) (n int) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
