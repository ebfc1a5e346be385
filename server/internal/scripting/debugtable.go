package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// lineTable has the lines of a function's instructions. start is the first of them that Lua would have.
type lineTable struct {
	proto *lua.FunctionProto
	lines []int
	start int
	vars  []scopedVar
	marks []bool // instructions that are ours
}

// scopedVar is a variable of a function, in scope in the instructions from <= pc < to. Those in scope have the first registers, in their order.
type scopedVar struct {
	name     string
	from, to int
}

// tableOf makes the table of a function, whose last instruction returns on the given line, and sees to it that each instruction is one: the
// library joins moves.
func tableOf(p *lua.FunctionProto, n *lineNode, last int) *lineTable {
	t := &lineTable{proto: p, lines: slices.Clone(p.DbgSourcePositions)}
	for pc := 0; pc < len(p.Code); pc++ {
		inst := p.Code[pc]
		before := t.lines[max(pc-1, 0)]
		switch opcode(inst) {
		case lua.OP_MOVEN:
			p.Code[pc] = inst&^(0x3f<<26|0x1ff<<9) | uint32(lua.OP_MOVE)<<26
		case lua.OP_CLOSURE:
			child := p.FunctionPrototypes[inst&0x3ffff]
			t.lines[pc] = child.LastLineDefined
			for range child.NumUpvalues {
				pc++
				t.lines[pc] = child.LastLineDefined
			}
		case lua.OP_LOADNIL:
			if pc > 0 && opcode(p.Code[pc-1]) == lua.OP_LOADNIL && operandA(inst) == operandB(p.Code[pc-1])+1 {
				t.lines[pc] = before
			}
			if pc == t.start && operandA(inst) >= int(p.NumParameters) {
				t.start++
			}
		case lua.OP_CLOSE, lua.OP_NOP:
			t.lines[pc] = before
		case lua.OP_TAILCALL:
			if builtIn(p.Code, operandA(inst), pc) { // Lua returns to the next instruction
				p.Code[pc] = inst&^(0x3f<<26|0x1ff<<9) | uint32(lua.OP_CALL)<<26
			}
		}
		if t.lines[pc] == asBefore {
			t.lines[pc] = before
		}
	}
	for pc := len(t.lines) - 2; pc >= 0; pc-- {
		if t.lines[pc] == asNext {
			t.lines[pc] = t.lines[pc+1]
		}
	}
	t.lines[len(t.lines)-1] = last
	t.constructors(n.tables)
	t.vars, t.marks = t.scopes(n.scopes), make([]bool, len(p.Code))
	for _, v := range t.vars {
		if v.name == endName {
			t.marks[v.from-1] = true
		}
	}
	return t
}

// begins reports whether a line begins with instruction pc, when old is the one that ran before it in the same function, or -1. ran is
// false for an instruction that Lua would not have run.
func (t *lineTable) begins(old, pc int) (begins, ran bool) {
	if pc <= t.start {
		return pc == t.start, true
	}
	if t.marks[pc] {
		return false, false
	}
	if opcode(t.proto.Code[pc]) == lua.OP_JMP && old >= 0 && old < pc-1 {
		above := pc - 1
		for above > 0 && t.marks[above] {
			above--
		}
		if old < above && !(old == above-1 && tests(t.proto.Code[old])) {
			return false, false // Lua lets a jump that leads to a jump go where that one goes
		}
	}
	return old < 0 || pc <= old || t.lines[pc] != t.lines[old], true
}

// tests tells the instructions that skip the next one, a jump, or do not.
func tests(inst uint32) bool {
	switch opcode(inst) {
	case lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST, lua.OP_TESTSET:
		return true
	}
	return false
}

// builtIn reports whether the function in a register before instruction pc is a global one or a field of a global table: a script can add
// neither.
func builtIn(code []uint32, reg, pc int) bool {
	for i := pc - 1; i >= 0; i-- {
		if inst := code[i]; sets(inst, reg) {
			switch opcode(inst) {
			case lua.OP_GETGLOBAL:
				return true
			case lua.OP_GETTABLEKS:
				reg = operandB(inst)
				continue
			}
			return false
		}
	}
	return false
}

// scopes finds where the variables of a function are in scope.
func (t *lineTable) scopes(what []byte) []scopedVar {
	vars := make([]scopedVar, 0, len(t.proto.DbgLocals))
	for _, v := range t.proto.DbgLocals {
		vars = append(vars, scopedVar{v.Name, v.StartPc, len(t.proto.Code)})
	}
	n, open := 0, []int{}
	for _, w := range what {
		mark := n - 1
		switch w {
		case function, declared:
			if w == function && n < len(vars) {
				vars[n].from = t.afterClosure(vars[n].from)
			}
			n++
			continue
		case opened:
			open = append(open, n)
			continue
		case repeated:
			mark = n
		}
		if mark >= len(vars) || len(open) == 0 {
			return vars
		}
		t.close(vars[open[len(open)-1]:n], vars[mark].from-1)
		open = open[:len(open)-1]
	}
	return vars
}

// afterClosure skips the instruction that makes a function, and what belongs to it.
func (t *lineTable) afterClosure(pc int) int {
	if inst := t.proto.Code[pc]; opcode(inst) == lua.OP_CLOSURE {
		return pc + 1 + int(t.proto.FunctionPrototypes[inst&0x3ffff].NumUpvalues)
	}
	return pc
}

// close ends the scope of a block's variables at an instruction. Those of a loop itself live from the instruction that begins it to the one
// that ends it.
func (t *lineTable) close(vars []scopedVar, end int) {
	for i := range vars {
		v := &vars[i]
		if v.to = min(v.to, end); !strings.HasPrefix(v.name, "(for ") {
			continue
		}
		if v.to < end {
			continue // of an inner loop
		}
		for v.to < len(t.proto.Code) && opcode(t.proto.Code[v.to]) != lua.OP_FORLOOP && opcode(t.proto.Code[v.to]) != lua.OP_TFORLOOP {
			v.to++
		}
		v.to++
		for _, named := range vars[i:] {
			if !strings.HasPrefix(named.name, "(for ") {
				v.from = named.from - 1
				break
			}
		}
	}
}

// constructors sets the lines of the instructions that fill tables.
func (t *lineTable) constructors(tables []tableLines) {
	code := t.proto.Code
	for pc := 0; pc < len(code) && len(tables) > 0; pc++ {
		if opcode(code[pc]) != lua.OP_NEWTABLE {
			continue
		}
		reg, x := operandA(code[pc]), tables[0]
		tables = tables[1:]
		for i := pc + 1; i < len(code) && (len(x.records) > 0 || x.lists > 0); i++ {
			if operandA(code[i]) != reg {
				continue
			}
			switch opcode(code[i]) {
			case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
				if len(x.records) > 0 {
					t.lines[i], x.records = x.records[0], x.records[1:]
				}
			case lua.OP_SETLIST:
				if x.lists--; x.lists == 0 {
					t.lines[i] = x.close
				}
			}
		}
	}
}
