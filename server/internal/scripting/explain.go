package scripting

import (
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Lua says which variable had the wrong value ("attempt to index field 'x' (a nil value)"), the virtual machine does not. It can be
// read off the bytecode: the instruction that failed names a register, the last one before it that set this register says where
// the value came from.
//
//	instruction: opcode 6 bits | A 8 | C 9 | B 9, or Bx 18 in the place of C and B; a B or C with bit 8 set is a constant

// explainError is the handler of pcall: it puts a message of the virtual machine into Lua's words before the stack unwinds.
func explainError(L *lua.LState) int {
	if s, ok := L.Get(1).(lua.LString); ok {
		L.Push(lua.LString(explain(L, string(s))))
	}
	return 1
}

// explain translates a message. It is called by a handler: level 1 is who raised it.
func explain(L *lua.LState, text string) string {
	at, msg := splitPosition(text)
	verb := ""
	switch {
	case strings.HasPrefix(msg, "attempt to index a non-table object("):
		verb = "index"
	case msg == "attempt to call a non-function object":
		verb = "call"
	case strings.HasPrefix(msg, "cannot perform "), msg == "__unm undefined":
		verb = "perform arithmetic on"
	case msg == "__len undefined":
		verb = "get length of"
	default:
		return translate(text)
	}
	return at + "attempt to " + verb + " " + culprit(L, verb)
}

const anyValue = "a nil value"

// culprit describes the value that the instruction under way in level 1 could not use.
func culprit(L *lua.LState, verb string) string {
	f, ok := frameAt(L, 1)
	if !ok {
		return anyValue
	}
	inst := f.code[f.pc]
	reg := operandB(inst)
	switch op := opcode(inst); {
	case verb == "call", op == lua.OP_SETTABLE || op == lua.OP_SETTABLEKS:
		reg = operandA(inst)
	case verb == "perform arithmetic on" && op != lua.OP_UNM:
		if _, isNumber := numberOf(f.value(L, reg)); isNumber {
			reg = operandC(inst)
		}
	}
	return f.describe(L, reg)
}

// describeOperand describes argument n of the concatenation under way, whose value is v.
func describeOperand(L *lua.LState, n int, v lua.LValue) string {
	f, ok := frameAt(L, 1)
	if !ok || !calls(f.code[f.pc]) {
		return "a " + v.Type().String() + " value"
	}
	if name := f.name(operandA(f.code[f.pc])+n, f.pc); name != "" {
		return name + " (a " + v.Type().String() + " value)"
	}
	return "a " + v.Type().String() + " value"
}

// frame is a Lua function on the stack.
type frame struct {
	dbg   *lua.Debug
	proto *lua.FunctionProto
	code  []uint32
	pc    int         // of the instruction under way
	vars  []scopedVar // known in a debugging session
}

func frameAt(L *lua.LState, level int) (f frame, ok bool) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return f, false
	}
	fn, err := L.GetInfo("f", dbg, lua.LNil)
	if err != nil {
		return f, false
	}
	lf, ok := fn.(*lua.LFunction)
	if !ok || lf.IsG {
		return f, false
	}
	// The library keeps the place to itself.
	pc := reflect.ValueOf(dbg).Elem().FieldByName("frame").Elem().FieldByName("Pc")
	if !pc.IsValid() || pc.Int() < 1 || pc.Int() > int64(len(lf.Proto.Code)) {
		return f, false
	}
	return frame{dbg: dbg, proto: lf.Proto, code: lf.Proto.Code, pc: int(pc.Int()) - 1}, true
}

func opcode(i uint32) int   { return int(i >> 26) }
func operandA(i uint32) int { return int(i>>18) & 0xff }
func operandB(i uint32) int { return int(i & 0x1ff) }
func operandC(i uint32) int { return int(i>>9) & 0x1ff }

func calls(i uint32) bool { return opcode(i) == lua.OP_CALL || opcode(i) == lua.OP_TAILCALL }

const constantBit = 1 << 8

func (f frame) value(L *lua.LState, reg int) lua.LValue {
	if reg&constantBit != 0 {
		return f.proto.Constants[reg&^constantBit]
	}
	_, v := L.GetLocal(f.dbg, reg+1)
	return v
}

func (f frame) describe(L *lua.LState, reg int) string {
	v := f.value(L, reg)
	kind := "a " + v.Type().String() + " value"
	if reg&constantBit != 0 {
		return kind
	}
	if name := f.name(reg, f.pc); name != "" {
		return name + " (" + kind + ")"
	}
	return kind
}

// name says where the value of a register before instruction pc came from: "local 'x'", or empty.
func (f frame) name(reg, pc int) string {
	if name, ok := f.local(reg, pc); ok {
		return "local '" + name + "'"
	}
	for i := pc - 1; i >= 0; i-- {
		inst := f.code[i]
		if !sets(inst, reg) {
			continue
		}
		switch opcode(inst) {
		case lua.OP_GETGLOBAL:
			return "global '" + f.proto.Constants[inst&0x3ffff].String() + "'"
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
			return f.field("field", operandC(inst))
		case lua.OP_SELF:
			if operandA(inst) == reg {
				return f.field("method", operandC(inst))
			}
		case lua.OP_GETUPVAL:
			if n := operandB(inst); n < len(f.proto.DbgUpvalues) {
				return "upvalue '" + f.proto.DbgUpvalues[n] + "'"
			}
		case lua.OP_MOVE:
			if from := operandB(inst); from < reg {
				return f.name(from, i)
			}
		}
		return ""
	}
	return ""
}

func (f frame) field(kind string, c int) string {
	if c&constantBit == 0 {
		return ""
	}
	s, ok := f.proto.Constants[c&^constantBit].(lua.LString)
	if !ok {
		return ""
	}
	return kind + " '" + string(s) + "'"
}

// local is the name of the variable that lives in a register at instruction pc.
func (f frame) local(reg, pc int) (string, bool) {
	n := 0
	for _, v := range f.vars {
		if pc < v.from || pc >= v.to {
			continue
		}
		if n == reg {
			return v.name, !strings.HasPrefix(v.name, "(")
		}
		n++
	}
	if f.vars != nil {
		return "", false
	}
	for _, v := range f.proto.DbgLocals {
		if v.StartPc > pc {
			break
		}
		if pc < v.EndPc {
			if n == reg {
				return v.Name, !strings.HasPrefix(v.Name, "(")
			}
			n++
		}
	}
	return "", false
}

// sets reports whether an instruction changes a register.
func sets(inst uint32, reg int) bool {
	a := operandA(inst)
	switch opcode(inst) {
	case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_JMP, lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST,
		lua.OP_RETURN, lua.OP_CLOSE, lua.OP_SETLIST, lua.OP_NOP:
		return false
	case lua.OP_CALL, lua.OP_VARARG, lua.OP_TFORLOOP:
		return reg >= a
	case lua.OP_LOADNIL:
		return reg >= a && reg <= operandB(inst)
	case lua.OP_SELF:
		return reg == a || reg == a+1
	}
	return reg == a
}
