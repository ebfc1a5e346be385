// Package diff sends the same random commands to our server and to Debian's redis-server and compares what they answer, byte for byte,
// and what they hold afterwards (DEBUG DIGEST).
//
//	COMMAND DOCS of redis-server -> grammar.go: every command and its arguments
//	grammar + seed               -> generate.go: calls, mostly valid, some slightly wrong
//	call to both                 -> diff_test.go: equal replies, but for what differences.go lists
//
// A run is RESP2 or RESP3, with commands alone, in MULTI, or from scripts. It prints its seed; -seed repeats it.
package diff
