//go:build unix

package netconn

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// RaiseFileLimit raises the limit of open files of this process to at least n, if need be the hard limit too. It returns
// the limit that holds afterwards, which with an error is below n.
func RaiseFileLimit(n int) (got int, err error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return 0, fmt.Errorf("get limit of open files: %w", err)
	}
	want := uint64(max(n, 0))
	if uint64(lim.Cur) >= want {
		return clampInt(uint64(lim.Cur)), nil
	}
	try := lim
	try.Cur = want
	try.Max = max(try.Max, want)
	if err = unix.Setrlimit(unix.RLIMIT_NOFILE, &try); err == nil {
		return n, nil
	}
	// The hard limit stays: take all that it allows.
	err = fmt.Errorf("raise limit of open files to %d: %w", n, err)
	if want <= uint64(lim.Max) {
		return clampInt(uint64(lim.Cur)), err
	}
	try = lim
	try.Cur = try.Max
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &try) != nil {
		return clampInt(uint64(lim.Cur)), err
	}
	return clampInt(uint64(try.Cur)), err
}

func clampInt(n uint64) int { return int(min(n, 1<<31-1)) }
