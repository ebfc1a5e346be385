package loop

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// uringSizes are the numbers of entries of the rings, powers of two.
type uringSizes struct {
	sq   uint32 // more are submitted in several steps
	cq   uint32 // beyond that the kernel keeps a list (featNoDrop)
	bufs int    // receive buffers
}

// What a completion is about: the upper half of user_data. The lower half is the slot of the connection or the key of the
// listener. Both stay taken until the last completion is in.
const (
	udWake uint64 = iota << 32
	udCancel
	udAccept
	udRecv
	udSend
)

// uring is the back end on io_uring: one multishot accept for each listener, one multishot receive for each connection, and
// one system call for each turn, which submits all sends and collects all completions.
type uring struct {
	l     *Loop
	r     *ring
	bufs  *recvRing
	evfd  int
	count [8]byte // read from evfd
	lns   map[int32]*Listener
	lnKey int32
	pace  pace
	batch []Received // scratch of prepare

	// Sends queued since completions were last collected. They complete at once, unless the peer is slow, which is
	// possible for small ones but likely only for large ones: unsure says that there are some of those.
	sends  uint32
	unsure bool
	left   bool // completions that collect has left for the next turn
}

func newUring(l *Loop, size uringSizes) (backend, error) {
	r, err := newRing(size.sq, size.cq)
	if err != nil {
		return nil, err
	}
	bufs, err := newRecvRing(r, size.bufs)
	if err != nil {
		r.close()
		return nil, err
	}
	evfd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		r.close()
		bufs.free()
		return nil, os.NewSyscallError("eventfd", err)
	}
	return &uring{l: l, r: r, bufs: bufs, evfd: evfd, lns: map[int32]*Listener{}, pace: newPace()}, nil
}

func (u *uring) name() string { return Uring }

func (u *uring) start() error {
	if err := u.r.register(registerEnableRings, nil, 0); err != nil {
		return err
	}
	u.armWake()
	return nil
}

func (u *uring) close() {
	u.r.close()
	for _, ln := range u.lns { // closed so late that no completion has come
		unix.Close(ln.fd)
	}
	u.bufs.free()
	unix.Close(u.evfd)
}

func (u *uring) wake() { wakeEventfd(u.evfd) }

func (u *uring) armWake() {
	s := u.r.sqe()
	s.opcode = opRead
	s.fd = int32(u.evfd)
	s.addr = uint64(uintptr(unsafe.Pointer(&u.count[0])))
	s.len = uint32(len(u.count))
	s.userData = udWake
}

func (u *uring) wait(d time.Duration) error {
	// One call submits the sends and waits for them and for something new, if that comes soon.
	l := u.l
	if hide := u.pace.hide(l, d); hide > 0 || !u.r.idle() {
		var errno syscall.Errno
		if hide > 0 && !u.unsure && !u.left && l.in.beginSleep() {
			n := u.sends + u.pace.quorum
			errno = u.r.gather(n, hide)
			l.in.endSleep()
			if u.r.waiting() < n {
				u.pace.alone()
			}
		} else {
			hide = 0
			errno = u.r.poll()
		}
		if err := u.check(errno); err != nil {
			return err
		}
		if n := u.collect(); n > 0 || len(l.gone) > 0 || d == 0 {
			if n > 0 && hide > 0 {
				u.pace.hit()
			}
			return nil
		}
		if hide > 0 {
			if errno == unix.EINTR {
				return nil // the scheduler has its way as soon as Go code runs; a known wait would lose this processor
			}
			u.pace.missed()
		}
		// Only sends have completed, so there is nothing to tell the handler. Output that has waited for one of
		// them was there at its last Turn.
		l.flush()
		if len(l.gone) > 0 || len(l.dirty) > 0 || u.r.ready() {
			return nil
		}
	}
	if d == 0 || !l.in.beginSleep() {
		return nil
	}
	start := time.Now()
	errno := u.r.block(d)
	u.pace.waited(time.Since(start))
	l.in.endSleep()
	if err := u.check(errno); err != nil {
		return err
	}
	u.collect()
	return nil
}

// check tells errors of io_uring_enter that need no more than another try: time over, a signal, completions to be
// collected first, no memory for now.
func (u *uring) check(errno syscall.Errno) error {
	switch errno {
	case 0, unix.ETIME, unix.EINTR, unix.EBUSY, unix.EAGAIN:
		return nil
	}
	return os.NewSyscallError("io_uring_enter", errno)
}

// collect dispatches the completions that are there now, as far as they belong into one turn, and returns the number of calls of the handler. A
// handler may come back here through Poll, so the state between two completions is all in the ring.
func (u *uring) collect() uint64 {
	calls := u.l.calls
	u.sends, u.unsure, u.left = 0, false, false
	bytes := 0
	tail := u.r.completed()
	u.prepare(tail)
	for {
		cqe, ok := u.r.next(tail)
		if !ok {
			break
		}
		key := int32(uint32(cqe.userData))
		switch cqe.userData &^ (1<<32 - 1) {
		case udRecv:
			u.onRecv(u.l.table.conns[key], cqe)
			if bytes += int(max(cqe.res, 0)); bytes >= turnBytes {
				tail, u.left = u.r.head, u.r.ready()
			}
		case udSend:
			u.onSend(u.l.table.conns[key], cqe)
		case udAccept:
			u.onAccept(u.lns[key], cqe)
		case udWake:
			u.armWake()
		case udCancel:
		default:
			panic("BUG: unknown completion")
		}
	}
	u.bufs.publish()
	u.r.done()
	return u.l.calls - calls
}

// prepareMax is how many receives of a batch are prepared together.
const prepareMax = 32

// prepare shows the handler what has come from several connections.
func (u *uring) prepare(tail uint32) {
	if u.l.prepare == nil || tail-u.r.head < 2 || u.l.depth > 1 {
		return
	}
	u.batch = u.batch[:0]
	for i := u.r.head; i != tail && len(u.batch) < prepareMax; i++ {
		cqe := u.r.peek(i)
		if cqe.userData&^(1<<32-1) != udRecv || cqe.res <= 0 {
			continue
		}
		if c := u.l.table.conns[int32(uint32(cqe.userData))]; c.state == stateOpen {
			u.batch = append(u.batch, Received{c, u.bufs.bytes(uint16(cqe.flags>>cqeBidShift), int(cqe.res))})
		}
	}
	if len(u.batch) > 1 {
		u.l.prepare(u.batch)
	}
}

func (u *uring) attach(c *Conn) error {
	s := u.r.sqe()
	s.opcode = opRecv
	s.flags = sqeBufferSelect
	s.ioprio = recvMultishot
	s.fd = int32(c.fd)
	s.userData = udRecv | uint64(c.slot)
	c.recvArmed = true
	c.refs++
	return nil
}

func (u *uring) resume(c *Conn) {
	if !c.recvArmed { // else the cancellation is still under way, and onRecv sees to it
		u.attach(c)
	}
}

func (u *uring) onRecv(c *Conn, cqe uringCQE) {
	more := cqe.flags&cqeMore != 0 // if not, this is the last completion; it counts in refs until it is handled
	goOn := true
	switch {
	case cqe.res > 0:
		u.pace.event(c)
		bid := uint16(cqe.flags >> cqeBidShift)
		goOn = c.received(u.bufs.bytes(bid, int(cqe.res)))
		u.bufs.give(bid)
	case cqe.res == 0:
		if cqe.flags&cqeBuffer != 0 {
			u.bufs.give(uint16(cqe.flags >> cqeBidShift))
		}
		c.ended(nil)
		goOn = false
	case cqe.res == -int32(unix.ENOBUFS), cqe.res == -int32(unix.ECANCELED),
		cqe.res == -int32(unix.EINTR), cqe.res == -int32(unix.EAGAIN):
	default:
		c.ended(os.NewSyscallError("read", syscall.Errno(-cqe.res)))
		goOn = false
	}
	if more {
		if c.state < stateShutting && !goOn {
			u.cancel(udRecv | uint64(c.slot))
		}
		return
	}
	c.recvArmed = false
	c.refs--
	switch {
	case c.state >= stateShutting:
		if c.refs == 0 {
			u.l.letGo(c)
		}
	case goOn && !c.stopped && c.state == stateOpen:
		u.attach(c)
	}
}

// cancel ends an operation. Its last completion is still to come.
func (u *uring) cancel(userData uint64) {
	s := u.r.sqe()
	s.opcode = opAsyncCancel
	s.flags = sqeCQESkipSuccess
	s.addr = userData
	s.userData = udCancel
}

func (u *uring) send(c *Conn) {
	p := c.chunk()
	if len(p) == 0 {
		return
	}
	s := u.r.sqe()
	s.opcode = opSend
	s.fd = int32(c.fd)
	s.addr = uint64(uintptr(unsafe.Pointer(&p[0])))
	s.len = uint32(min(len(p), c.batch()))
	s.opFlags = unix.MSG_NOSIGNAL
	s.userData = udSend | uint64(c.slot)
	c.inflight = true
	c.refs++
	u.sends++
	if len(p) > smallBuf {
		u.unsure = true
	}
}

func (u *uring) onSend(c *Conn, cqe uringCQE) {
	c.refs--
	c.inflight = false
	if c.state >= stateShutting {
		if c.refs == 0 {
			u.l.letGo(c)
		}
		return
	}
	switch {
	case cqe.res >= 0:
		c.sent(int(cqe.res))
		if c.Pending() > 0 || c.src != nil || c.state == stateDraining || c.onDrain != nil {
			c.Flush()
		}
	case cqe.res == -int32(unix.EAGAIN), cqe.res == -int32(unix.EINTR):
		c.sent(0)
		c.Flush()
	default:
		c.fail(os.NewSyscallError("write", syscall.Errno(-cqe.res)))
	}
}

// shut cancels what the kernel has under way for c. The last completion lets go of it.
func (u *uring) shut(c *Conn) {
	if c.writer != nil {
		unix.Shutdown(c.fd, unix.SHUT_RDWR) // the Writer's descriptor would keep it open
	}
	if c.refs == 0 {
		u.l.letGo(c)
		return
	}
	s := u.r.sqe()
	s.opcode = opAsyncCancel
	s.flags = sqeCQESkipSuccess
	s.fd = int32(c.fd)
	s.opFlags = cancelFD | cancelAll
	s.userData = udCancel
}

func (u *uring) listen(ln *Listener) error {
	if ln.key == 0 {
		u.lnKey++
		ln.key = u.lnKey
	}
	u.lns[ln.key] = ln
	s := u.r.sqe()
	s.opcode = opAccept
	s.ioprio = acceptMultishot
	s.fd = int32(ln.fd)
	s.opFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	s.userData = udAccept | uint64(ln.key)
	ln.armed = true
	return nil
}

func (u *uring) unlisten(ln *Listener) {
	// Nobody shall be accepted, nor left in the queue, from now on.
	unix.Shutdown(ln.fd, unix.SHUT_RDWR)
	if !ln.armed {
		u.forget(ln)
		return
	}
	u.cancel(udAccept | uint64(ln.key)) // a Unix listener goes on accepting after shutdown
}

func (u *uring) forget(ln *Listener) {
	delete(u.lns, ln.key)
	unix.Close(ln.fd)
}

func (u *uring) onAccept(ln *Listener, cqe uringCQE) {
	stalled := false
	switch errno := syscall.Errno(-cqe.res); {
	case cqe.res >= 0 && ln.closed:
		unix.Close(int(cqe.res))
	case cqe.res >= 0:
		u.l.accepted(ln, int(cqe.res))
	case errno != unix.ECONNABORTED && errno != unix.EINTR && errno != unix.EAGAIN && errno != unix.ECANCELED && !ln.closed:
		stalled = true
		u.l.acceptStalled(ln, os.NewSyscallError("accept", errno))
	}
	if cqe.flags&cqeMore != 0 {
		return
	}
	ln.armed = false
	switch {
	case ln.closed:
		u.forget(ln)
	case !stalled:
		u.listen(ln)
	}
}
