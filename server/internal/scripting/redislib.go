package scripting

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// The levels of redis.log.
const (
	LogDebug = iota
	LogVerbose
	LogNotice
	LogWarning
)

// redisVersionNumber is command.RedisVersion as REDIS_VERSION_NUM has it.
const redisVersionNumber = 0x0007000F

// openRedis sets the table redis; more are the functions that only one of the machines has.
func (m *machine) openRedis(more functions) {
	t := m.open("redis", functions{"call": m.redisCall, "pcall": m.redisPCall, "log": m.redisLog, "setresp": m.redisSetResp, "sha1hex": m.redisSHA1,
		"error_reply": m.redisErrorReply, "status_reply": m.redisStatusReply, "set_repl": m.redisSetRepl, "acl_check_cmd": m.redisAllowed})
	more.into(m.L, t)
	setLogLevels(t)
	numbers{"REPL_NONE": 0, "REPL_AOF": command.ToAOF, "REPL_SLAVE": command.ToReplicas, "REPL_REPLICA": command.ToReplicas,
		"REPL_ALL": command.ToAOF | command.ToReplicas}.into(t)
}

// setLogLevels sets what the table has in scripts and while a library is loaded.
func setLogLevels(t *lua.LTable) {
	numbers{"LOG_DEBUG": LogDebug, "LOG_VERBOSE": LogVerbose, "LOG_NOTICE": LogNotice, "LOG_WARNING": LogWarning, "REDIS_VERSION_NUM": redisVersionNumber}.into(t)
	t.RawSetString("REDIS_VERSION", lua.LString(command.RedisVersion))
}

// arguments turns the arguments of redis.call into bytes that are valid until the next call; false: one is no text. The error is
// on the stack then.
func (m *machine) arguments(L *lua.LState) ([][]byte, bool) {
	n := L.GetTop()
	if n == 0 {
		L.Push(m.errorTable(L, "Please specify at least one argument for this redis lib call"))
		return nil, false
	}
	b, args := m.bytes[:0], m.args[:0]
	for i := 1; i <= n; i++ {
		at := len(b)
		switch v := L.Get(i).(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = appendArgument(b, float64(v))
		default:
			L.Push(m.errorTable(L, "Lua redis lib command arguments must be strings or integers"))
			return nil, false
		}
		args = append(args, b[at:len(b):len(b)])
	}
	if cap(b) < 1<<16 {
		m.bytes = b
	}
	m.args = args
	return args, true
}

func (m *machine) redisCall(L *lua.LState) int {
	failed := m.dispatch(L)
	if failed {
		L.Error(L.Get(-1), 0)
	}
	return 1
}

func (m *machine) redisPCall(L *lua.LState) int {
	m.dispatch(L)
	return 1
}

// dispatch runs a command and pushes its reply, or the error table if it failed.
func (m *machine) dispatch(L *lua.LState) (failed bool) {
	if m.run == nil {
		return m.raise(L, "redis.call/pcall can only be called inside a script invocation") == 0
	}
	args, ok := m.arguments(L)
	if !ok {
		return true
	}
	if m.debug.stepping() {
		m.debug.logCall(args)
	}
	reply, refused := m.host.Call(m.run, args)
	if refused != "" {
		t := m.errorTable(L, refused)
		t.RawSetString(ignoreStats, lua.LTrue)
		L.Push(t)
		return true
	}
	L.Push(m.readReply(L, reply))
	if m.debug.stepping() {
		m.debug.logShort(string(appendReply([]byte("<reply> "), reply)))
	}
	return reply[0] == '-'
}

func (m *machine) redisLog(L *lua.LState) int {
	n := L.GetTop()
	if n < 2 {
		return m.raise(L, "redis.log() requires two arguments or more.")
	}
	level, ok := numberOf(L.Get(1))
	if !ok {
		return m.raise(L, "First argument must be a number (log level).")
	}
	if int(level) < LogDebug || int(level) > LogWarning {
		return m.raise(L, "Invalid debug level.")
	}
	var b strings.Builder
	for i := 2; i <= n; i++ {
		if s, ok := textOf(L.Get(i)); ok {
			if i > 2 {
				b.WriteByte(' ')
			}
			b.WriteString(s)
		}
	}
	m.host.ScriptLog(int(level), b.String())
	return 0
}

func (m *machine) redisSetResp(L *lua.LState) int {
	if m.run == nil {
		return m.raise(L, "redis.setresp can only be called inside a script invocation")
	}
	if L.GetTop() != 1 {
		return m.raise(L, "redis.setresp() requires one argument.")
	}
	n, _ := numberOf(L.Get(1))
	if v := int(n); v != 2 && v != 3 {
		return m.raise(L, "RESP version must be 2 or 3.")
	}
	m.run.Proto = int(n)
	return 0
}

func (m *machine) redisSHA1(L *lua.LState) int {
	if L.GetTop() != 1 {
		return m.raise(L, "wrong number of arguments")
	}
	s, _ := textOf(L.Get(1))
	L.Push(lua.LString(sha1hex([]byte(s))))
	return 1
}

func sha1hex(b []byte) string {
	sum := sha1.Sum(b)
	var digits [40]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

func (m *machine) redisErrorReply(L *lua.LState) int {
	s, ok := L.Get(1).(lua.LString)
	switch {
	case L.GetTop() != 1 || !ok:
		L.Push(m.errorTable(L, "wrong number or type of arguments"))
	case strings.HasPrefix(string(s), "-"):
		L.Push(m.errorTable(L, string(s)))
	default:
		L.Push(m.errorTable(L, "-"+string(s)))
	}
	return 1
}

func (m *machine) redisStatusReply(L *lua.LState) int {
	s, ok := L.Get(1).(lua.LString)
	if L.GetTop() != 1 || !ok {
		L.Push(m.errorTable(L, "wrong number or type of arguments"))
		return 1
	}
	t := L.CreateTable(0, 1)
	t.RawSetString("ok", s)
	L.Push(t)
	return 1
}

func (m *machine) redisSetRepl(L *lua.LState) int {
	if m.run == nil {
		return m.raise(L, "redis.set_repl can only be called inside a script invocation")
	}
	if L.GetTop() != 1 {
		return m.raise(L, "redis.set_repl() requires two arguments.")
	}
	n, _ := numberOf(L.Get(1))
	flags := int(truncate(n))
	if flags&^(command.ToAOF|command.ToReplicas) != 0 {
		return m.raise(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	m.run.Repl = uint8(flags)
	return 0
}

func (m *machine) redisAllowed(L *lua.LState) int {
	if m.run == nil {
		return m.raise(L, "redis.acl_check_cmd can only be called inside a script invocation")
	}
	args, ok := m.arguments(L)
	if !ok {
		L.Error(L.Get(-1), 0)
	}
	allowed, known := m.host.Allowed(m.run, args)
	if !known {
		return m.raise(L, "Invalid command passed to redis.acl_check_cmd()")
	}
	L.Push(lua.LBool(allowed))
	return 1
}
