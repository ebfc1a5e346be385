package app

import (
	"os"
	"strconv"
	"strings"
	"unsafe"
)

// TakeArgs returns a copy of the command line, and the memory that the kernel shows as that of the process, for titles.
// It must be called before anything keeps a part of os.Args: Go's strings there are the kernel's bytes themselves.
func TakeArgs() ([]string, *Title) {
	first := unsafe.StringData(os.Args[0])
	args := make([]string, len(os.Args))
	for i, a := range os.Args {
		args[i] = strings.Clone(a)
	}
	os.Args = args
	size := argsSize(uint64(uintptr(unsafe.Pointer(first))))
	return args, &Title{room: unsafe.Slice(first, size)}
}

// argsSize is the number of bytes of arguments and environment, which lie one behind the other from start on. It is 0 when
// the kernel does not tell, or tells of another place.
func argsSize(start uint64) int {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	// The name in parentheses may hold anything; the fields behind it are those from the third on (proc(5)).
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(rest)
	const argStart, argEnd, envStart, envEnd = 48 - 3, 49 - 3, 50 - 3, 51 - 3
	if len(fields) <= envEnd {
		return 0
	}
	at := func(i int) uint64 { n, _ := strconv.ParseUint(fields[i], 10, 64); return n }
	switch end := at(envEnd); {
	case at(argStart) != start:
		return 0
	case at(envStart) != at(argEnd) || end < at(argEnd):
		return int(at(argEnd) - start)
	default:
		return int(end - start)
	}
}
