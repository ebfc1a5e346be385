// Package crash holds the kill test: a server under load is ended with SIGKILL at a random moment, started again and asked what is
// left, for as many rounds as LOCKSTEP_CRASH_ROUNDS says (make crash ROUNDS=200; few without it). What a loss of power leaves, as
// opposed to the end of a process, is shown by the tests of server/internal/persist with clones of a disk in memory.
//
//	mode       what runs beside the writes     what must be there after the kill
//	rdb        BGSAVE again and again          a prefix, with all that was acknowledged before the last save that succeeded began
//	everysec                                   a prefix, with all that was acknowledged two seconds ago or earlier
//	always                                     a prefix, with all that was acknowledged
//	rewrites   BGREWRITEAOF of large data      as always
//	switches   BGREWRITEAOF of little data     as always: most kills meet a change of the manifest
//	saves      BGSAVE, SAVE                    as always
//
// TestDiskFull does the same on a file system that has no space left, and gives it space again.
package crash
