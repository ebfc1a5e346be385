// Package diff sends the same random commands to our server and to Debian's redis-server and compares what they answer, byte for byte,
// and what they hold afterwards (DEBUG DIGEST, FUNCTION LIST, encodings and times to live).
//
//	COMMAND DOCS of redis-server -> grammar.go: every command, subcommand and container, with its arguments
//	grammar + rules + seed       -> generate.go, values.go, payloads.go: calls, mostly valid, some slightly wrong
//	calls that belong together   -> scenes.go: who waits is woken, who watches is disturbed, keys expire, data are read again from a file
//	call to both                 -> session.go: alone, in MULTI, from a script, or in a conversation on connections of its own; crew.go: on several
//	replies of both              -> compare.go: equal, but for what the rule of the command leaves open; checks.go looks into the data
//	a difference                 -> shrink.go: the shortest series of calls that shows it again, to be pasted at a prompt
//
// The list of known differences is the fields why of rules.go and rules_*.go, and onlyOurs: a test fails for a command that has no counterpart
// and for a rule that compares less than all bytes without a reason. What differed once is said again from testdata/found.txt.
//
// What chance or the clock decides is checked to be possible; then the keys are copied by DUMP and RESTORE from one server to both, so that they
// go on from the same state. A run is RESP2 or RESP3; it prints its seed, and -seed repeats it.
package diff
