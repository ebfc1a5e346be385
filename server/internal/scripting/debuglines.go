package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A debugging session stops where Lua 5.1 calls a line hook: at the first instruction of a line, seen from the one that ran before. So it
// depends on the line that the compiler gives to each instruction. Lua takes that of the token which was read last, and that is often the
// one behind an expression:
//
//	redis.call('set',   1 (the call itself comes last: 1 again)
//	  'k',              2
//	  'v'
//	)                   4, the last argument
//
// The library's compiler takes the line of the expression. To say what Lua says, the lines of the syntax tree are changed before it is
// compiled (liner), with the places of brackets, which the tree has not; what is left is put right in the code (lineTable).

// brackets are the lines of a chunk's brackets in the order in which they open.
type brackets struct {
	calls  []callSite
	tables []int // where each {...} ends
	last   int   // line of the last token
	// texts has where each string of several lines ends, by the line on which it begins.
	texts map[int]int
}

type callSite struct{ open, close int }

// bracket is one that waits for its end. call: what it ends can be called.
type bracket struct {
	token     int
	call      bool
	site, tab int // in calls and tables, -1: none
}

// findBrackets cuts a chunk that has been parsed before into tokens.
func findBrackets(source string) (b brackets) {
	sc, lx := parse.NewScanner(strings.NewReader(source), ""), &parse.Lexer{}
	var open []bracket
	callable, named := false, false // the token before can be called; we are between "function" and its parameters
	b.last, b.texts = 1, map[int]int{}
	for {
		tok, err := sc.Scan(lx)
		if err != nil || tok.Type == parse.EOF {
			return b
		}
		b.last = sc.Pos.Line
		line, next := tok.Pos.Line, false
		o := bracket{token: tok.Type, site: -1, tab: -1}
		begin := func() {
			o.call, o.site = true, len(b.calls)
			b.calls = append(b.calls, callSite{line, line})
		}
		switch tok.Type {
		case parse.TFunction:
			named = true
		case parse.TIdent:
			next = true
		case parse.TString:
			if b.last > line {
				b.texts[line] = b.last
			}
			if callable {
				begin()
				next = true
			}
		case '(':
			if callable && !named {
				begin()
			}
			o.call = !named
			named = false
			open = append(open, o)
		case '{':
			if callable {
				begin()
			}
			o.tab = len(b.tables)
			b.tables = append(b.tables, line)
			open = append(open, o)
		case '[':
			o.call = true
			open = append(open, o)
		case ')', '}', ']':
			if len(open) == 0 {
				return b
			}
			o, open = open[len(open)-1], open[:len(open)-1]
			if o.site >= 0 {
				b.calls[o.site].close = line
			}
			if o.tab >= 0 {
				b.tables[o.tab] = line
			}
			next = o.call
		}
		callable = next
	}
}

// Where a variable's scope ends the library's compiler does not tell: it confuses variables that had the same register. So a variable of
// our own is declared at the end of each block; the instruction that sets it marks the place.
const endName = "(end)"

// Lines that are no lines.
const (
	asBefore = 0  // that of the instruction before
	asNext   = -1 // that of the next one
)

// liner gives the nodes of a syntax tree Lua's lines.
type liner struct {
	brackets
	fn *lineNode
}

// lineNode is what lineTable needs to know of a function.
type lineNode struct {
	tables   []tableLines // in the order in which they begin
	scopes   []byte       // what happens to variables, in the order of the code: see below
	children []*lineNode
}

const (
	declared = 'v'
	function = 'f' // declared by "local function": the instruction that makes it comes next
	opened   = '('
	closed   = ')' // its mark is the variable before
	repeated = 'u' // as closed, but its mark comes next
)

type tableLines struct {
	records []int // line of each key = value
	lists   int   // SETLIST instructions
	close   int
}

// relined changes the lines of a chunk.
func relined(chunk []ast.Stmt, source string) (changed []ast.Stmt, root *lineNode, last int) {
	l := liner{brackets: findBrackets(source), fn: &lineNode{}}
	root, last = l.fn, l.last
	changed, _ = l.block(chunk)
	return changed, root, last
}

// block changes the statements of a function, or of a block that mark ends, and returns the line of their last token.
func (l *liner) block(list []ast.Stmt) (out []ast.Stmt, end int) {
	for _, s := range list {
		end = l.stmt(s)
		out = append(out, s)
		if _, ok := s.(*ast.RepeatStmt); ok {
			out = append(out, l.mark())
		}
	}
	return out, end
}

// mark makes the variable that marks the end of a block.
func (l *liner) mark() ast.Stmt {
	l.scope(declared)
	value := &ast.NilExpr{}
	value.SetLine(asBefore)
	return &ast.LocalAssignStmt{Names: []string{endName}, Exprs: []ast.Expr{value}}
}

func (l *liner) scope(what ...byte) { l.fn.scopes = append(l.fn.scopes, what...) }

// body changes the statements of a block in which variables were declared before.
func (l *liner) body(list []ast.Stmt) (out []ast.Stmt, end int) {
	out, end = l.block(list)
	out = append(out, l.mark())
	l.scope(closed)
	return out, end
}

func (l *liner) inner(list []ast.Stmt) (out []ast.Stmt, end int) {
	if len(list) == 0 {
		return list, 0
	}
	l.scope(opened)
	return l.body(list)
}

func (l *liner) declare(n int) {
	for range n {
		l.scope(declared)
	}
}

func (l *liner) exprs(list []ast.Expr) (end int) {
	for _, x := range list {
		end = l.expr(x)
	}
	return end
}

// stmt returns the line of the last token.
func (l *liner) stmt(s ast.Stmt) (end int) {
	end = max(s.Line(), s.LastLine())
	switch s := s.(type) {
	case *ast.AssignStmt:
		l.exprs(s.Lhs)
		end = l.exprs(s.Rhs)
		for _, x := range s.Lhs {
			x.SetLine(end)
			if x, ok := x.(*ast.AttrGetExpr); ok && loadedLate(x.Key) {
				x.Key.SetLine(asNext) // Lua does not load a constant key
			}
		}
	case *ast.LocalAssignStmt:
		if len(s.Exprs) > 0 {
			end = l.exprs(s.Exprs)
			s.SetLine(end)
		}
		if _, ok := firstOf(s.Exprs).(*ast.FunctionExpr); ok && len(s.Names) == 1 && len(s.Exprs) == 1 {
			l.scope(function)
		} else {
			l.declare(len(s.Names))
		}
	case *ast.FuncCallStmt:
		end = l.expr(s.Expr)
	case *ast.DoBlockStmt:
		s.Stmts, _ = l.inner(s.Stmts)
	case *ast.WhileStmt:
		last := l.expr(s.Condition)
		if len(s.Stmts) > 0 {
			s.Stmts, last = l.inner(s.Stmts)
		}
		s.SetLastLine(last) // of the jump back
	case *ast.RepeatStmt:
		l.scope(opened)
		s.Stmts, _ = l.block(s.Stmts)
		end = l.expr(s.Condition)
		l.scope(repeated)
	case *ast.IfStmt:
		last := l.expr(s.Condition)
		if len(s.Then) > 0 {
			s.Then, last = l.inner(s.Then)
		}
		s.Else, _ = l.inner(s.Else)
		s.SetLine(last) // of the jump over the else
	case *ast.NumberForStmt:
		l.scope(opened)
		l.exprs([]ast.Expr{s.Init, s.Limit, s.Step})
		l.declare(4)
		s.Stmts, _ = l.body(s.Stmts)
	case *ast.GenericForStmt:
		l.scope(opened)
		l.exprs(s.Exprs)
		l.declare(3 + len(s.Names))
		s.Stmts, _ = l.body(s.Stmts)
	case *ast.FuncDefStmt:
		l.function(s.Func, s.Name.Method != "")
	case *ast.ReturnStmt:
		if len(s.Exprs) > 0 {
			end = l.exprs(s.Exprs)
			s.SetLine(end)
		}
	}
	return end
}

func firstOf(list []ast.Expr) ast.Expr {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// expr returns the line on which an expression ends. Nodes are visited in the order of their tokens.
func (l *liner) expr(x ast.Expr) (end int) {
	switch x := x.(type) {
	case nil:
		return 0
	case *ast.StringExpr:
		if end := l.texts[x.Line()]; end > 0 && strings.Contains(x.Value, "\n") {
			x.SetLine(end)
		}
	case *ast.AttrGetExpr:
		x.SetLine(max(x.Line(), l.expr(x.Object), l.expr(x.Key)))
	case *ast.FuncCallExpr:
		return l.call(x)
	case *ast.TableExpr:
		return l.table(x)
	case *ast.FunctionExpr:
		l.function(x, false)
		return x.LastLine()
	case *ast.LogicalOpExpr:
		x.SetLine(l.expr(x.Lhs))
		return l.expr(x.Rhs)
	case *ast.RelationalOpExpr:
		x.SetLine(max(l.expr(x.Lhs), l.expr(x.Rhs)))
	case *ast.ArithmeticOpExpr:
		x.SetLine(max(l.expr(x.Lhs), l.expr(x.Rhs)))
	case *ast.StringConcatOpExpr:
		x.SetLine(max(l.expr(x.Lhs), l.expr(x.Rhs)))
	case *ast.UnaryMinusOpExpr:
		x.SetLine(l.expr(x.Expr))
	case *ast.UnaryNotOpExpr:
		x.SetLine(l.expr(x.Expr))
	case *ast.UnaryLenOpExpr:
		x.SetLine(l.expr(x.Expr))
	}
	return x.Line()
}

func (l *liner) function(f *ast.FunctionExpr, method bool) {
	outer := l.fn
	l.fn = &lineNode{}
	outer.children = append(outer.children, l.fn)
	l.declare(len(f.ParList.Names))
	if method {
		l.declare(1)
	}
	if f.ParList.HasVargs {
		l.declare(1) // arg
	}
	f.Stmts, _ = l.block(f.Stmts)
	l.fn = outer
}

func (l *liner) call(x *ast.FuncCallExpr) (end int) {
	l.expr(x.Func)
	l.expr(x.Receiver)
	at := callSite{x.Line(), x.Line()}
	if len(l.calls) > 0 {
		at, l.calls = l.calls[0], l.calls[1:]
	}
	l.exprs(x.Args)
	if n := len(x.Args); n > 0 && loadedLate(x.Args[n-1]) {
		x.Args[n-1].SetLine(at.close)
	}
	x.SetLine(at.open)
	return at.close
}

func (l *liner) table(x *ast.TableExpr) (end int) {
	end = x.Line()
	if len(l.tables) > 0 {
		end, l.tables = l.tables[0], l.tables[1:]
	}
	t, at, fn := tableLines{close: end}, len(l.fn.tables), l.fn
	fn.tables = append(fn.tables, t)
	list := 0
	for i, f := range x.Fields {
		l.expr(f.Key)
		line := l.expr(f.Value)
		if f.Key != nil {
			t.records = append(t.records, line)
		} else {
			list++
		}
		last := i == len(x.Fields)-1
		if last && f.Key == nil && loadedLate(f.Value) {
			f.Value.SetLine(end)
		}
		if list > 0 && (list%lua.FieldsPerFlush == 0 || last) {
			t.lists++
		}
	}
	fn.tables[at] = t
	return end
}

// loadedLate tells the expressions that Lua loads when it has seen what follows them.
func loadedLate(x ast.Expr) bool {
	switch x.(type) {
	case *ast.NumberExpr, *ast.StringExpr, *ast.NilExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.IdentExpr, *ast.AttrGetExpr:
		return true
	}
	return false
}

// firstLine is the line on which an expression begins, whatever liner did to it.
func firstLine(x ast.Expr) int {
	switch x := x.(type) {
	case *ast.AttrGetExpr:
		return firstLine(x.Object)
	case *ast.FuncCallExpr:
		if x.Func != nil {
			return firstLine(x.Func)
		}
		return firstLine(x.Receiver)
	case *ast.ArithmeticOpExpr:
		return firstLine(x.Lhs)
	case *ast.RelationalOpExpr:
		return firstLine(x.Lhs)
	case *ast.LogicalOpExpr:
		return firstLine(x.Lhs)
	case *ast.StringConcatOpExpr:
		return firstLine(x.Lhs)
	}
	return x.Line()
}
