// Program conformance runs Redis 7.0's own Tcl test suite against Lockstep's binaries.
//
// The suite is no part of this repository: it is fetched at test time, as the source package that belongs to the
// installed redis-server, through apt with a private configuration (the machine's own is not touched), so that apt checks the
// archive's signatures and the checksums. Steps:
//
//	apt source index -> source package -> unpacked tree          source.go   .cache/conformance/source/<version>
//	tree -> run tree: tests/ + src/redis-* linked to our programs tree.go     .cache/conformance/run/<worker>
//	one `test_helper.tcl --single <unit>` for each unit           unit.go     .cache/conformance/logs/<unit>/
//	its printed lines -> counts and failures                      output.go
//	table, exit status                                            report.go
//
// Nothing in the suite is changed. Two lists steer it (lists.go): must-pass.txt names the units that have to pass as a
// whole, with the least number of tests that have to run; skips.txt names single tests that cannot apply to us, each with
// its reason. A skip that no longer matches any test is an error, so that the list does not rot.
//
// With -again N a unit that fails is run again.
//
// Exit status: 0 all passed; 1 a test failed or a unit did not finish; 2 the harness itself could not work.
package main
