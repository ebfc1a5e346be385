// Package interop tests replication and files between our server and Debian's redis-server 7.0.
//
//	topology_test.go   master, replica, middle and ends of a chain, under load; links killed many times
//	fullsync_test.go   disk and diskless transfers in both roles; several replicas at once
//	promotion_test.go  the second replication ID: promotion, demotion, sub-replicas
//	restart_test.go    restarts that continue partially
//	halfopen_test.go   links that die without a word
//	rdbfile_test.go    an RDB file of each loads in the other
//
// Rows such as R2 are those of the replication page. The digest is DEBUG DIGEST, and equal positions with different data
// fail at once (rig.WaitSame). LOCKSTEP_SERVER=/usr/bin/redis-server runs the tests with Redis in both roles: so they check themselves.
package interop
