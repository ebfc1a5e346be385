// Package command says what a command is: a Spec (name, arity, flags, keys, documentation and the function that runs it) and
// the Ctx that this function sees. It holds no command of its own; those live in commands/*, one package a family, each of which
// exports Commands() and is joined by commands.All into one Table.
//
// The life of a call:
//
//	session parses -> Table.Lookup -> engine checks flags, ACL, arity, memory, role
//	              -> Spec.Run(ctx): reads ctx.Args, changes ctx.DB, appends to ctx.Reply,
//	                 counts ctx.Dirty, tells ctx.Changed(...), and, where the command as received is not what replicas
//	                 should run, names its effects with ctx.Replace / ctx.Also
//	              -> engine hands the effects to the journal, once
//
// Rules for Run functions:
//   - Args are valid only until Run returns; the store copies what it keeps.
//   - A write that changed something adds to ctx.Dirty. Dirty unchanged means: nothing is propagated.
//   - After each change of a key call ctx.Changed (WATCH, client tracking, blocked clients, keyspace events). Key removed by
//     emptying a collection: additionally ctx.Notify(NotifyGeneric, "del", key).
//   - Time is ctx.Now, the same for the whole command, MULTI or script. Never ask the clock.
//   - Exactly one reply is written, unless ctx.Block was called and returned true.
package command
