// Package scripting runs Lua for EVAL and FCALL, as Redis 7.0 does: Lua 5.1 on gopher-lua, in a sandbox.
//
//	Lua      what the commands see: cached scripts, function libraries, the run under way    eval.go fcall.go library.go
//	machine  one Lua state with its libraries; EVAL and functions have one each              machine.go
//	Run      one call of a script: its rights, what it did, whether it was killed            host.go
//	debugger a debugging session of one script, in a machine of its own                      debug.go debugtalk.go debugvalue.go debuglines.go debugtable.go
//	Host     the command path, which runs the commands of a script                           host.go
//
// The way of a call: a script's redis.call -> arguments become bytes -> Host.Call checks and runs the command -> its reply, in the
// protocol that the script asked for, becomes a Lua value (reply.go). What the script returns becomes a reply (result.go).
//
// A script reaches nothing but this: no files, no processes, no bytecode (base.go lists the globals). What it may cost is bounded:
// call depth, registers, length of one string, and the growth of the heap while it runs (limits.go). From time to time
// the machine asks the host whether others are to be served meanwhile, and whether the script was killed.
//
// Everything here belongs to the engine's thread.
package scripting
