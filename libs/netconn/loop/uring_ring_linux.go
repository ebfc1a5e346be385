package loop

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The layout and the numbers below are those of linux/io_uring.h, described in io_uring_setup(2), io_uring_enter(2) and
// io_uring_register(2).

type uringParams struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32

	resv [3]uint32
	sq   struct {
		head, tail, ringMask, ringEntries, flags, dropped, array, resv uint32
		userAddr                                                       uint64
	}
	cq struct {
		head, tail, ringMask, ringEntries, overflow, cqes, flags, resv uint32
		userAddr                                                       uint64
	}
}

type uringSQE struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off           uint64
	addr          uint64
	len           uint32
	opFlags       uint32
	userData      uint64
	bufGroup      uint16
	personality   uint16
	fileIndex     int32
	pad           [2]uint64
}

type uringCQE struct {
	userData uint64
	res      int32
	flags    uint32
}

type uringBuf struct {
	addr uint64
	len  uint32
	bid  uint16
	tail uint16 // of the first entry only: the ring's tail
}

type uringBufReg struct {
	ringAddr    uint64
	ringEntries uint32
	bgid        uint16
	flags       uint16
	resv        [3]uint64
}

// uringWaitArg is struct io_uring_getevents_arg.
type uringWaitArg struct {
	sigmask   uint64
	sigmaskSz uint32
	pad       uint32
	ts        *unix.Timespec
}

const (
	setupCQSize       = 1 << 3
	setupRDisabled    = 1 << 6
	setupSubmitAll    = 1 << 7
	setupCoopTaskrun  = 1 << 8
	setupTaskrunFlag  = 1 << 9
	setupSingleIssuer = 1 << 12 // Linux 6.0
	setupDeferTaskrun = 1 << 13 // Linux 6.1

	featNoDrop = 1 << 1
	featExtArg = 1 << 8

	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	sqCQOverflow = 1 << 1
	sqTaskrun    = 1 << 2

	cqeBuffer   = 1 << 0
	cqeMore     = 1 << 1
	cqeBidShift = 16

	sqeBufferSelect   = 1 << 5
	sqeCQESkipSuccess = 1 << 6

	opAccept      = 13
	opAsyncCancel = 14
	opRead        = 22
	opSend        = 26
	opRecv        = 27
	opSendZC      = 47 // Linux 6.0; stands for the multishot receive that came with it

	acceptMultishot = 1 << 0
	recvMultishot   = 1 << 1

	cancelAll = 1 << 0
	cancelFD  = 1 << 1

	registerProbe       = 8
	registerEnableRings = 12
	registerPbufRing    = 22

	offSQRing = 0
	offCQRing = 0x8000000
	offSQEs   = 0x10000000
)

// ring is an io_uring: the two queues and the system calls. The thread that enables it is the only one that uses it.
type ring struct {
	fd     int
	flags  uint32
	maps   [][]byte
	sqes   []uringSQE
	cqes   []uringCQE
	sqHead *uint32
	sqTail *uint32
	sqFlag *uint32
	cqHead *uint32
	cqTail *uint32
	tail   uint32 // of the submission queue, not yet published
	head   uint32 // of the completion queue, not yet published
	arg    uringWaitArg
	ts     unix.Timespec
}

func newRing(sqEntries, cqEntries uint32) (*ring, error) {
	// Ring disabled until start: its one user is the thread that enables it, not the one that makes it.
	const base = setupCQSize | setupRDisabled | setupSubmitAll
	var err error
	for _, flags := range []uint32{
		base | setupSingleIssuer | setupDeferTaskrun | setupTaskrunFlag,
		base | setupSingleIssuer | setupCoopTaskrun | setupTaskrunFlag,
		base,
	} {
		p := uringParams{flags: flags, cqEntries: cqEntries}
		fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(sqEntries), uintptr(unsafe.Pointer(&p)), 0)
		if errno == 0 {
			r := &ring{fd: int(fd), flags: flags}
			if err := r.setup(&p); err != nil {
				r.close()
				return nil, err
			}
			return r, nil
		}
		err = os.NewSyscallError("io_uring_setup", errno)
		if errno != unix.EINVAL { // an unknown flag is EINVAL
			break
		}
	}
	return nil, err
}

func (r *ring) setup(p *uringParams) error {
	if p.features&featNoDrop == 0 || p.features&featExtArg == 0 {
		return errors.New("the kernel's io_uring is too old")
	}
	if !r.supports(opSendZC) {
		return errors.New("the kernel's io_uring has no multishot receive (Linux 6.0)")
	}
	sq, err := r.mmap(offSQRing, int(p.sq.array+p.sqEntries*4))
	if err != nil {
		return err
	}
	cq, err := r.mmap(offCQRing, int(p.cq.cqes)+int(p.cqEntries)*int(unsafe.Sizeof(uringCQE{})))
	if err != nil {
		return err
	}
	sqes, err := r.mmap(offSQEs, int(p.sqEntries)*int(unsafe.Sizeof(uringSQE{})))
	if err != nil {
		return err
	}
	at := func(b []byte, off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&b[off])) }
	r.sqHead, r.sqTail, r.sqFlag = at(sq, p.sq.head), at(sq, p.sq.tail), at(sq, p.sq.flags)
	r.cqHead, r.cqTail = at(cq, p.cq.head), at(cq, p.cq.tail)
	r.sqes = unsafe.Slice((*uringSQE)(unsafe.Pointer(&sqes[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*uringCQE)(unsafe.Pointer(&cq[p.cq.cqes])), p.cqEntries)
	// Entry i of the queue is always sqe i.
	for i, array := 0, unsafe.Slice(at(sq, p.sq.array), p.sqEntries); i < len(array); i++ {
		array[i] = uint32(i)
	}
	r.arg.ts = &r.ts
	return nil
}

func (r *ring) mmap(off int64, size int) ([]byte, error) {
	b, err := unix.Mmap(r.fd, off, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	r.maps = append(r.maps, b)
	return b, nil
}

// supports asks the kernel whether it knows an operation (struct io_uring_probe).
func (r *ring) supports(op uint8) bool {
	var probe struct {
		lastOp, opsLen uint8
		resv           uint16
		resv2          [3]uint32
		ops            [256]struct {
			op, resv uint8
			flags    uint16 // 1: supported
			resv2    uint32
		}
	}
	err := r.register(registerProbe, unsafe.Pointer(&probe), 256)
	return err == nil && op <= probe.lastOp && probe.ops[op].flags&1 != 0
}

func (r *ring) register(op int, arg unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), uintptr(op), uintptr(arg), uintptr(n), 0, 0)
	if errno != 0 {
		return fmt.Errorf("io_uring_register %d: %w", op, errno)
	}
	return nil
}

func (r *ring) close() {
	unix.Close(r.fd)
	for _, b := range r.maps {
		unix.Munmap(b)
	}
}

// sqe returns a new entry of the submission queue, all zero. If the queue is full it is submitted first.
func (r *ring) sqe() *uringSQE {
	for r.pending() == uint32(len(r.sqes)) {
		r.done() // makes room for completions that the kernel holds back, should it refuse because of them
		if errno := r.poll(); errno == unix.EBADFD {
			panic("BUG: more operations before Run than the submission queue holds")
		}
	}
	s := &r.sqes[r.tail&uint32(len(r.sqes)-1)]
	*s = uringSQE{}
	r.tail++
	return s
}

// pending is the number of entries that the kernel has not taken yet.
func (r *ring) pending() uint32 { return r.tail - atomic.LoadUint32(r.sqHead) }

func (r *ring) publish() { atomic.StoreUint32(r.sqTail, r.tail) }

// poll submits and collects the completions that are there. It does not block, so the scheduler need not know.
func (r *ring) poll() syscall.Errno {
	r.publish()
	_, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.pending()), 0, enterGetEvents, 0, 0)
	return errno
}

// gather submits and waits until n completions are there, but no longer than d, which is so short that the scheduler need
// not know.
func (r *ring) gather(n uint32, d time.Duration) syscall.Errno {
	r.publish()
	r.ts = unix.NsecToTimespec(int64(d))
	_, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.pending()), uintptr(n),
		enterGetEvents|enterExtArg, uintptr(unsafe.Pointer(&r.arg)), unsafe.Sizeof(r.arg))
	return errno
}

// block submits and waits for a completion, for up to d if that is not negative. The scheduler must know of a wait that
// blocks, or it would hold up the garbage collector.
func (r *ring) block(d time.Duration) syscall.Errno {
	r.publish()
	if d < 0 {
		_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.pending()), 1, enterGetEvents, 0, 0)
		return errno
	}
	r.ts = unix.NsecToTimespec(int64(d))
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.pending()), 1,
		enterGetEvents|enterExtArg, uintptr(unsafe.Pointer(&r.arg)), unsafe.Sizeof(r.arg))
	return errno
}

// idle says that a poll would find nothing: nothing to submit, no completion, none held back in the kernel.
func (r *ring) idle() bool {
	return r.pending() == 0 && !r.ready() && r.flags&setupTaskrunFlag != 0 &&
		atomic.LoadUint32(r.sqFlag)&(sqTaskrun|sqCQOverflow) == 0
}

func (r *ring) ready() bool { return r.waiting() > 0 }

// waiting is the number of completions to be collected.
func (r *ring) waiting() uint32 { return r.completed() - r.head }

// completed is the tail of the completion queue.
func (r *ring) completed() uint32 { return atomic.LoadUint32(r.cqTail) }

// next takes a completion off the queue, if there is one before the given tail.
func (r *ring) next(tail uint32) (cqe uringCQE, ok bool) {
	if int32(tail-r.head) <= 0 {
		return cqe, false
	}
	cqe = *r.peek(r.head)
	r.head++
	return cqe, true
}

// peek returns the completion at a place of the queue between head and tail.
func (r *ring) peek(i uint32) *uringCQE { return &r.cqes[i&uint32(len(r.cqes)-1)] }

// done gives the places of the completions taken back to the kernel.
func (r *ring) done() { atomic.StoreUint32(r.cqHead, r.head) }
