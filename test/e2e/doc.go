// Package e2e tests whole programs as a user meets them: command lines, files, signals, exit statuses, messages.
//
//	start_test.go     command line, configuration file, bad directives
//	stop_test.go      signals, SHUTDOWN, files left behind
//	load_test.go      data at the start: whole, cut and corrupt RDB files
//	client_test.go    lockstep-cli
//	rdbcheck_test.go  lockstep-rdbcheck
//	bench_test.go     lockstep-bench
//
// LOCKSTEP_SERVER and LOCKSTEP_CLI name other binaries, such as Debian's, to check the tests themselves.
package e2e
