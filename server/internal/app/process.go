package app

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"os"
	"strconv"
	"syscall"
	"time"
)

// runID is 40 random hex characters, new at each start.
func runID() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// residentBytes reads the process's resident set size, 0 where the system does not tell.
func residentBytes() int64 {
	return secondNumber("/proc/self/statm") * int64(os.Getpagesize())
}

// totalMemory is the machine's, in bytes, 0 where the system does not tell.
func totalMemory() int64 { return secondNumber("/proc/meminfo") << 10 } // "MemTotal: 16384000 kB"

// secondNumber reads the second word of a file; 0: there is no such number.
func secondNumber(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(string(f[1]), 10, 64)
	return n
}

func cpuTimes(who int) (sys, user time.Duration) {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Stime.Nano()), time.Duration(u.Utime.Nano())
}
