package loop

import (
	"os"
	"syscall"
	"testing"
)

// exhaustFDs lowers the limit of descriptors, calls prepare, and then takes all descriptors but one: for a client whose
// server then finds none free. The function returned sets it right again.
func exhaustFDs(t *testing.T, prepare func()) (restore func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	probe, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = min(old.Cur, uint64(probe.Fd())+64)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	prepare()
	files := []*os.File{probe}
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		files = append(files, f)
	}
	files[len(files)-1].Close()
	files = files[:len(files)-1]
	restored := false
	restore = func() {
		if !restored {
			restored = true
			for _, f := range files {
				f.Close()
			}
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(restore)
	return restore
}
