package scripting

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Where the virtual machine does not do what Lua 5.1 does and has no hook for it, the syntax tree is changed before it is compiled:
//
//	a .. b .. c     (concat)(a, b, c)    joins numbers as "%.14g", checks the length; "(concat)" is no name that a script can write
//	010, 0x10       10, 16               the machine reads Go's numerals
//	goto, ::label:: refused              there are none in 5.1
//
// The changed chunk is wrapped, so that its functions find concat as an upvalue:
//
//	local (concat) = ...; return function(...) <chunk> end

const concatName = "(concat)"

// maxSyntaxLevels bounds the depth of the tree: compiling is recursive.
const maxSyntaxLevels = 2000

// maxConstantWork bounds the search for constants: the compiler compares each use of a name, text or number with all that the function has
// so far. It is enough for 20,000 different ones in a function, and takes about a second.
const maxConstantWork = 200_000_000

// compile turns source into a function whose environment is the state's. name is what messages call the chunk.
func compile(L *lua.LState, source, name string, concat *lua.LFunction) (*lua.LFunction, error) {
	return compileTree(L, source, name, concat, func(chunk []ast.Stmt) []ast.Stmt { return chunk })
}

// compileTree is compile with changes to the syntax tree that come first.
func compileTree(L *lua.LState, source, name string, concat *lua.LFunction, change func([]ast.Stmt) []ast.Stmt) (fn *lua.LFunction, err error) {
	if strings.HasPrefix(source, "\x1b") {
		return nil, errors.New(name + ": bytecode is not allowed")
	}
	defer func() {
		if r := recover(); r != nil { // the parser and the compiler of the library give up with panics here and there
			fn, err = nil, fmt.Errorf("%s: %v", name, r)
		}
	}()
	chunk, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(err, name, source)
	}
	r := rewriter{name: name, constants: map[string]bool{}}
	chunk = change(chunk)
	r.block(chunk)
	if r.err != nil {
		return nil, r.err
	}
	proto, err := lua.Compile(wrap(chunk, r.varargs), name)
	if err != nil {
		return nil, compileError(err, name)
	}
	trim(proto)
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(concat)
	L.Call(1, 1)
	fn = L.Get(-1).(*lua.LFunction)
	L.Pop(1)
	return fn, nil
}

// trim gives a function, and those inside of it, lists of their lengths: the compiler makes them large enough for most functions, some 17 KB for
// the smallest script, and cached scripts stay for ever.
func trim(p *lua.FunctionProto) {
	p.Code, p.Constants, p.FunctionPrototypes = exact(p.Code), exact(p.Constants), exact(p.FunctionPrototypes)
	p.DbgSourcePositions, p.DbgLocals, p.DbgCalls, p.DbgUpvalues = exact(p.DbgSourcePositions), exact(p.DbgLocals), exact(p.DbgCalls), exact(p.DbgUpvalues)
	for _, f := range p.FunctionPrototypes {
		trim(f)
	}
}

func exact[T any](list []T) []T { return append(make([]T, 0, len(list)), list...) }

// syntaxError says what Lua says, as far as the parser tells.
func syntaxError(err error, name, source string) error {
	var e *parse.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %w", name, err)
	}
	near, line := "'"+e.Token+"'", fmt.Sprint(e.Pos.Line)
	if e.Pos.Line == parse.EOF || e.Token == "" {
		near = "'<eof>'"
	}
	if e.Pos.Line == parse.EOF {
		line = fmt.Sprint(1 + strings.Count(source, "\n"))
	}
	msg := strings.TrimSpace(e.Message)
	if msg == "syntax error" || msg == "Invalid token" {
		msg = "unexpected symbol"
	} else if msg == "parse error" { // an expression that is no statement
		msg = "'=' expected"
	}
	return fmt.Errorf("%s:%s: %s near %s", name, line, msg, near)
}

func compileError(err error, name string) error {
	var e *lua.CompileError
	if errors.As(err, &e) {
		return fmt.Errorf("%s:%d: %s", name, e.Line, e.Message)
	}
	return err
}

func wrap(chunk []ast.Stmt, varargs bool) []ast.Stmt {
	first, last := 1, 1
	if len(chunk) > 0 {
		first, last = chunk[0].Line(), max(chunk[len(chunk)-1].LastLine(), chunk[len(chunk)-1].Line())
	}
	fn := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: varargs}, Stmts: chunk}
	helpers := &ast.LocalAssignStmt{Names: []string{concatName}, Exprs: []ast.Expr{&ast.Comma3Expr{}}}
	ret := &ast.ReturnStmt{Exprs: []ast.Expr{fn}}
	for _, n := range []ast.PositionHolder{fn, helpers, helpers.Exprs[0], ret} {
		n.SetLine(first)
		n.SetLastLine(last)
	}
	return []ast.Stmt{helpers, ret}
}

// rewriter walks a chunk and changes it in place.
type rewriter struct {
	name    string
	depth   int // of syntax
	funcs   int // of functions
	varargs bool
	err     error

	constants map[string]bool // of the function
	work      int             // see maxConstantWork
}

// constant counts a use of one.
func (r *rewriter) constant(line int, text string) {
	r.constants[text] = true
	if r.work += len(r.constants); r.work > maxConstantWork {
		r.fail(line, "constant table overflow")
	}
}

func (r *rewriter) fail(line int, msg string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s:%d: %s", r.name, line, msg)
	}
}

// enter counts a level; false: there are too many.
func (r *rewriter) enter(n ast.PositionHolder) bool {
	r.depth++
	if r.depth > maxSyntaxLevels {
		r.fail(n.Line(), "chunk has too many syntax levels")
	}
	return r.err == nil
}

func (r *rewriter) block(list []ast.Stmt) {
	for _, s := range list {
		if r.enter(s) {
			r.stmt(s)
		}
		r.depth--
	}
}

func (r *rewriter) exprs(list []ast.Expr) {
	for i := range list {
		r.expr(&list[i])
	}
}

func (r *rewriter) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		r.exprs(s.Lhs)
		r.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		r.exprs(s.Exprs)
	case *ast.FuncCallStmt:
		r.expr(&s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.expr(&s.Condition)
		r.block(s.Stmts)
	case *ast.RepeatStmt:
		r.block(s.Stmts)
		r.expr(&s.Condition)
	case *ast.IfStmt:
		r.expr(&s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		r.expr(&s.Init)
		r.expr(&s.Limit)
		r.expr(&s.Step)
		r.block(s.Stmts)
	case *ast.GenericForStmt:
		r.exprs(s.Exprs)
		r.block(s.Stmts)
	case *ast.FuncDefStmt:
		r.expr(&s.Name.Func)
		r.expr(&s.Name.Receiver)
		r.function(s.Func)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	case *ast.GotoStmt:
		r.fail(s.Line(), "'=' expected near '"+s.Label+"'")
	case *ast.LabelStmt:
		r.fail(s.Line(), "unexpected symbol near ':'")
	}
}

func (r *rewriter) function(f *ast.FunctionExpr) {
	outer := r.constants
	r.constants = map[string]bool{}
	r.funcs++
	r.block(f.Stmts)
	r.funcs--
	r.constants = outer
}

// expr changes the expression at p; nil stays nil.
func (r *rewriter) expr(p *ast.Expr) {
	if *p == nil {
		return
	}
	if r.enter(*p) {
		r.inside(p)
	}
	r.depth--
}

func (r *rewriter) inside(p *ast.Expr) {
	switch x := (*p).(type) {
	case *ast.NumberExpr:
		if n, ok := parseNumber(x.Value); ok {
			x.Value = string(appendG(nil, n, 17, 1e15))
		} else {
			r.fail(x.Line(), "malformed number near '"+x.Value+"'")
		}
		r.constant(x.Line(), x.Value)
	case *ast.StringExpr:
		r.constant(x.Line(), x.Value)
	case *ast.IdentExpr:
		r.constant(x.Line(), x.Value)
	case *ast.Comma3Expr:
		r.varargs = r.varargs || r.funcs == 0
	case *ast.AttrGetExpr:
		r.expr(&x.Object)
		r.expr(&x.Key)
	case *ast.TableExpr:
		for _, f := range x.Fields {
			r.expr(&f.Key)
			r.expr(&f.Value)
		}
	case *ast.FuncCallExpr:
		r.expr(&x.Func)
		r.expr(&x.Receiver)
		r.exprs(x.Args)
	case *ast.LogicalOpExpr:
		r.expr(&x.Lhs)
		r.expr(&x.Rhs)
	case *ast.RelationalOpExpr:
		r.expr(&x.Lhs)
		r.expr(&x.Rhs)
	case *ast.ArithmeticOpExpr:
		r.expr(&x.Lhs)
		r.expr(&x.Rhs)
	case *ast.UnaryMinusOpExpr:
		r.expr(&x.Expr)
	case *ast.UnaryNotOpExpr:
		r.expr(&x.Expr)
	case *ast.UnaryLenOpExpr:
		r.expr(&x.Expr)
	case *ast.FunctionExpr:
		r.function(x)
	case *ast.StringConcatOpExpr:
		*p = r.concat(x)
	}
}

// concat makes one call of a chain a .. b .. c, which leans to the right.
func (r *rewriter) concat(x *ast.StringConcatOpExpr) ast.Expr {
	call := &ast.FuncCallExpr{Func: &ast.IdentExpr{Value: concatName}, AdjustRet: true}
	call.SetLine(x.Line())
	call.SetLastLine(x.LastLine())
	call.Func.SetLine(firstLine(x))
	var rest ast.Expr = x
	for {
		c, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		call.Args = append(call.Args, adjusted(c.Lhs))
		rest = c.Rhs
	}
	call.Args = append(call.Args, adjusted(rest))
	r.exprs(call.Args)
	if len(call.Args) > maxConcat {
		r.fail(x.Line(), "chunk has too many syntax levels")
	}
	return call
}

// maxConcat is how many operands one chain may have: they all need a register.
const maxConcat = 200

// adjusted cuts an operand to one value: as the last argument of a call it would otherwise pass on all of its values.
func adjusted(x ast.Expr) ast.Expr {
	switch x := x.(type) {
	case *ast.FuncCallExpr:
		x.AdjustRet = true
	case *ast.Comma3Expr:
		x.AdjustRet = true
	}
	return x
}
