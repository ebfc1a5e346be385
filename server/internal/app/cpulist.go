package app

import (
	"fmt"
	"strconv"
	"strings"
)

// maxCPU is the number behind that of the last processor that a list may name.
const maxCPU = 1024

// parseCPUList reads server_cpulist as taskset writes it: "0-7:2,9" are 0, 2, 4, 6 and 9.
func parseCPUList(list string) (cpus []int, err error) {
	for part := range strings.SplitSeq(list, ",") {
		span, stride, strided := strings.Cut(strings.TrimSpace(part), ":")
		from, to, ranged := strings.Cut(span, "-")
		if !ranged {
			to = from
		}
		if !strided {
			stride = "1"
		}
		a, err1 := strconv.ParseUint(from, 10, 16)
		b, err2 := strconv.ParseUint(to, 10, 16)
		step, err3 := strconv.ParseUint(stride, 10, 16)
		if err1 != nil || err2 != nil || err3 != nil || a > b || b >= maxCPU || step == 0 || strided && !ranged {
			return nil, fmt.Errorf("%q is no list of processors, such as 0-7:2,9", list)
		}
		for ; a <= b; a += step {
			cpus = append(cpus, int(a))
		}
	}
	return cpus, nil
}

// pinEngine binds the calling thread, the engine's, to the processors of server_cpulist. What does not work is logged, as the server can do without.
func (a *App) pinEngine() {
	if a.cfg.ServerCPUList == "" {
		return
	}
	cpus, err := parseCPUList(a.cfg.ServerCPUList)
	if err == nil {
		err = bindThread(cpus)
	}
	if err != nil {
		a.log.Warn("server_cpulist is not followed: " + err.Error())
	}
}
