package clients

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

// family is a list of calls of go-redis. Its replies must not depend on time, chance or the server's name.
type family struct {
	name  string
	calls func(ctx context.Context, c caller)
	plain bool // not for a transaction
}

// caller is what a client and its pipelines have in common.
type caller interface {
	redis.Cmdable
	Do(ctx context.Context, args ...any) *redis.Cmd
}

// ways are how a client sends its calls.
func ways(f family) map[string]func(*redis.Client) ([]redis.Cmder, error) {
	ctx := context.Background()
	all := map[string]func(*redis.Client) ([]redis.Cmder, error){
		"one by one": func(c *redis.Client) ([]redis.Cmder, error) {
			r := &recorder{}
			c.AddHook(r)
			f.calls(ctx, c)
			return r.cmds, nil
		},
		"pipelined": func(c *redis.Client) ([]redis.Cmder, error) {
			return c.Pipelined(ctx, func(p redis.Pipeliner) error { f.calls(ctx, p); return nil })
		},
	}
	if !f.plain {
		all["in a transaction"] = func(c *redis.Client) ([]redis.Cmder, error) {
			return c.TxPipelined(ctx, func(p redis.Pipeliner) error { f.calls(ctx, p); return nil })
		}
	}
	return all
}

// recorder keeps the calls that a client makes.
type recorder struct{ cmds []redis.Cmder }

func (r *recorder) DialHook(next redis.DialHook) redis.DialHook { return next }
func (r *recorder) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (r *recorder) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		r.cmds = append(r.cmds, cmd)
		return next(ctx, cmd)
	}
}

// Guarantee: every call of go-redis's typed interface that Redis 7.0 has answers as with redis-server: one by one, in pipelines and
// transactions, over RESP2 and RESP3.
func TestGoRedis(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "A", config), rig.Start(t, rig.Peer, "B", config)
	sent := map[string]bool{}
	for _, f := range slices.Concat(typeFamilies(), serverFamilies()) {
		for way := range ways(f) {
			for _, protocol := range []int{2, 3} {
				t.Run(fmt.Sprintf("%s, %s, RESP%d", f.name, way, protocol), func(t *testing.T) {
					got, want := answers(t, ours, f, way, protocol, sent), answers(t, peer, f, way, protocol, sent)
					for i, line := range want {
						if refused.MatchString(line) && !meant.MatchString(line) {
							t.Errorf("redis-server refuses %s", line)
						}
						if i >= len(got) || got[i] != line {
							t.Fatalf("call %d\n  ours  %s\n  redis %s", i+1, append(got, "nothing")[min(i, len(got))], line)
						}
					}
				})
			}
		}
	}
	covered(t, peer, sent)
}

var config = rig.Config{"latency-tracking": "yes", "slowlog-log-slower-than": "0"}

// refused is the answer to a call that a family should not have made, unless it means to: those of meant.
var (
	refused = regexp.MustCompile(`: (ERR|WRONGTYPE|NOSCRIPT|EXECABORT|NOPERM) `)
	meant   = regexp.MustCompile(`NOSCRIPT No matching script|ERR refused by the script|WRONGTYPE .* wrong kind of value|payload version or checksum|Write commands are not allowed|script with write flag`)
)

// volatile are parts of answers that are no part of the comparison: addresses, times, sizes.
var volatile = regexp.MustCompile(`0x[0-9a-f]+|127\.0\.0\.1:\d+|(id|port|Port|Age|age|Idle|idle|Inactive|SeenTime|ActiveTime|DeliveryTime)[:=]-?[\d.]+\S*`)

// answers runs the calls of a family on an empty server and returns them, each with its answer.
func answers(t *testing.T, s *rig.Server, f family, way string, protocol int, sent map[string]bool) (lines []string) {
	t.Helper()
	s.Must("FLUSHALL")
	s.Must("FUNCTION", "FLUSH")
	s.Must("SCRIPT", "FLUSH")
	s.Must("CONFIG", "RESETSTAT")
	o := s.Options(0)
	o.Protocol, o.PoolSize = protocol, 1
	c := redis.NewClient(o)
	defer c.Close()
	cmds, _ := ways(f)[way](c) // the errors are those of the calls
	for _, cmd := range cmds {
		sent[name(cmd)] = true
		lines = append(lines, volatile.ReplaceAllString(text(cmd), "…"))
	}
	if len(lines) == 0 {
		t.Fatal("no call was made")
	}
	return lines
}

// name is the command's, with that of its subcommand behind a bar.
func name(cmd redis.Cmder) string {
	first, _, _ := strings.Cut(cmd.Name(), " ")
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(first+"|"+word(cmd.Args(), 1))), " ", "")
}

func word(args []any, i int) string {
	if i < len(args) {
		if s, ok := args[i].(string); ok {
			return s
		}
	}
	return ""
}

// text is a call with its answer; cmd.String leaves out what is behind pointers.
func text(cmd redis.Cmder) string {
	switch cmd := cmd.(type) {
	case *redis.XInfoStreamCmd:
		return fmt.Sprintf("%v: %+v, %v", cmd.Args(), *cmd.Val(), cmd.Err())
	case *redis.GeoPosCmd:
		out := fmt.Sprint(cmd.Args(), ":")
		for _, p := range cmd.Val() {
			if p != nil {
				out += fmt.Sprintf(" %v", *p)
			}
		}
		return out
	case *redis.FunctionListCmd:
		for _, lib := range cmd.Val() { // their order is by chance
			slices.SortFunc(lib.Functions, func(a, b redis.Function) int { return strings.Compare(a.Name, b.Name) })
		}
		return fmt.Sprintf("%v: %+v, %v", cmd.Args(), cmd.Val(), cmd.Err())
	}
	return cmd.String()
}

// covered fails for commands of the peer that no family has sent, unless they are tested elsewhere.
func covered(t *testing.T, peer *rig.Server, sent map[string]bool) {
	t.Helper()
	names := map[string]bool{}
	for n := range sent {
		first, _, _ := strings.Cut(n, "|")
		names[first], names[n] = true, true
	}
	for _, n := range peer.CommandList(context.Background(), nil).Val() {
		parent, _, isSub := strings.Cut(n, "|")
		if !names[n] && !slices.Contains(strings.Fields(elsewhere), n) && !(isSub && slices.Contains(strings.Fields(elsewhere), parent)) && !strings.HasSuffix(n, "|help") {
			t.Errorf("no call of a family sends %s", n)
		}
	}
}

// elsewhere are commands that live_test.go has, that go-redis sends by itself, or that are no client's: replication, and what ends or hides the server.
const elsewhere = `subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe watch unwatch multi exec discard hello auth select quit reset
	psync sync replconf replicaof slaveof failover shutdown monitor time info memory migrate object|freq latency|doctor latency|graph command|count restore-asking cluster asking readonly readwrite module debug
	wait client pfdebug pfselftest acl function|kill function|dump script|kill script|debug config|rewrite bgsave bgrewriteaof save lastsave role lolwut substr`
