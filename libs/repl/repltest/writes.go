package repltest

import (
	"fmt"

	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/libs/resp"
)

// Write runs write commands on a master, each of several words.
func (n *Node) Write(db int, words ...string) error {
	l := n.life
	if !n.takesWrites() {
		return fmt.Errorf("%s takes no writes", n.name)
	}
	args := make([][]byte, len(words))
	for i, s := range words {
		args[i] = []byte(s)
	}
	l.selectDB(db)
	if err := l.data.exec(db, args); err != nil {
		return err
	}
	if l.stream.Recording() {
		l.stream.Commit(resp.AppendCommand(l.stream.Reserve(128), args...))
	}
	l.note()
	l.kick()
	return nil
}

// selectDB says in the stream which database comes next. It is a command of its own: a replica may stop behind it.
func (l *life) selectDB(db int) {
	if l.stream.Recording() && l.stream.Select(db) {
		l.stream.Commit(wire.AppendSelect(l.stream.Reserve(32), db))
		l.note()
	}
}

// Multi runs writes as one transaction.
func (n *Node) Multi(db int, cmds [][]string) {
	l := n.life
	if !n.takesWrites() {
		return
	}
	l.selectDB(db)
	out := resp.AppendCommand(nil, "multi")
	for _, words := range cmds {
		args := make([][]byte, len(words))
		for i, s := range words {
			args[i] = []byte(s)
		}
		if err := l.data.exec(db, args); err == nil {
			out = resp.AppendCommand(out, args...)
		}
	}
	out = resp.AppendCommand(out, "exec")
	l.emit(out)
	l.note()
}

// emit appends to the stream what is no write of its own.
func (l *life) emit(p []byte) {
	l.stream.Append(p)
	l.note()
	l.kick()
}
