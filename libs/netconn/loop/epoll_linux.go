package loop

import (
	"encoding/binary"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	epollEvents   = 512
	epollReadSize = 64 << 10
	acceptBatch   = 256 // connections accepted for one event
	wakeKey       = -1  // the name of the eventfd in events; listeners have those below
)

// epoll is the back end on level-triggered epoll(7). Sockets do not block, so reads and writes are raw system calls.
type epoll struct {
	l      *Loop
	fd     int
	evfd   int
	lns    map[int32]*Listener
	lnKey  int32
	frames []*epollFrame // by depth of Poll
	pace   pace
}

// epollFrame is what one wait needs for itself: a Data under way uses buf while Poll waits again.
type epollFrame struct {
	events [epollEvents]unix.EpollEvent
	buf    [epollReadSize]byte
}

func newEpoll(l *Loop) (backend, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	evfd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	b := &epoll{l: l, fd: fd, evfd: evfd, lns: map[int32]*Listener{}, lnKey: wakeKey}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeKey}
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, evfd, &ev); err != nil {
		b.close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	return b, nil
}

func (b *epoll) name() string { return Epoll }
func (b *epoll) start() error { return nil }

func (b *epoll) close() {
	unix.Close(b.fd)
	unix.Close(b.evfd)
}

func (b *epoll) wake() { wakeEventfd(b.evfd) }

func wakeEventfd(fd int) {
	one := [8]byte{}
	binary.NativeEndian.PutUint64(one[:], 1)
	unix.Write(fd, one[:])
}

func (b *epoll) frame() *epollFrame {
	for len(b.frames) < b.l.depth {
		b.frames = append(b.frames, new(epollFrame))
	}
	return b.frames[b.l.depth-1]
}

func (b *epoll) wait(d time.Duration) error {
	f := b.frame()
	if d != 0 && !b.l.in.beginSleep() {
		d = 0
	}
	hide := b.pace.hide(b.l, d)
	n, errno := b.poll(f, hide)
	if n > 0 && hide > 0 {
		b.pace.hit()
	}
	if n == 0 && errno == 0 && d != 0 {
		if hide > 0 {
			b.pace.missed()
		}
		start := time.Now()
		n, errno = b.block(f, d)
		b.pace.waited(time.Since(start))
	}
	b.l.in.endSleep()
	if errno != 0 && errno != unix.EINTR {
		return os.NewSyscallError("epoll_wait", errno)
	}
	for i := range n {
		b.dispatch(&f.events[i], f)
	}
	return nil
}

// poll asks for the events that are there or come within d, which is so short that the Go scheduler need not know.
func (b *epoll) poll(f *epollFrame, d time.Duration) (int, syscall.Errno) {
	var n uintptr
	errno := syscall.Errno(unix.ENOSYS)
	if d > 0 {
		ts := unix.NsecToTimespec(int64(d))
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(b.fd),
			uintptr(unsafe.Pointer(&f.events[0])), epollEvents, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
	if errno == unix.ENOSYS {
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(b.fd),
			uintptr(unsafe.Pointer(&f.events[0])), epollEvents, 0, 0, 0)
	}
	if errno != 0 {
		n = 0
	}
	return int(n), errno
}

// block waits, for up to d if that is not negative. A wait that blocks must be known to the scheduler, or it would hold up
// the garbage collector.
func (b *epoll) block(f *epollFrame, d time.Duration) (int, syscall.Errno) {
	var ts *unix.Timespec
	if d >= 0 {
		t := unix.NsecToTimespec(int64(d))
		ts = &t
	}
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(b.fd),
		uintptr(unsafe.Pointer(&f.events[0])), epollEvents, uintptr(unsafe.Pointer(ts)), 0, 0)
	if errno == unix.ENOSYS { // before Linux 5.11: milliseconds
		ms := -1
		if d >= 0 {
			ms = int(min((d+time.Millisecond-1)/time.Millisecond, 1<<30))
		}
		n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(b.fd),
			uintptr(unsafe.Pointer(&f.events[0])), epollEvents, uintptr(ms), 0, 0)
	}
	if errno != 0 {
		n = 0
	}
	return int(n), errno
}

func (b *epoll) dispatch(ev *unix.EpollEvent, f *epollFrame) {
	if ev.Fd < 0 {
		if ev.Fd == wakeKey {
			var count [8]byte
			unix.Read(b.evfd, count[:])
		} else if ln := b.lns[ev.Fd]; ln != nil {
			b.accept(ln)
		}
		return
	}
	c := b.l.table.conns[ev.Fd]
	if c == nil || c.gen != uint32(ev.Pad) || c.state >= stateShutting {
		return // closed by an earlier event of this batch
	}
	if ev.Events&unix.EPOLLOUT != 0 {
		c.inflight = false
		c.Flush()
	}
	switch {
	case ev.Events&unix.EPOLLIN != 0 && c.state == stateOpen && !c.stopped:
		b.pace.event(c)
		b.read(c, f)
	case ev.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0:
		b.hangup(c, f)
	case ev.Events&unix.EPOLLIN != 0:
		b.register(c)
	}
}

// register asks for the events that c needs in its state. Errors are always reported; edge-triggered where nobody reads,
// else an ended stream would be reported over and over again.
func (b *epoll) register(c *Conn) {
	mask := uint32(unix.EPOLLIN)
	if c.stopped || c.state != stateOpen {
		mask = unix.EPOLLET
	}
	if c.inflight {
		mask |= unix.EPOLLOUT
	}
	if mask == c.mask {
		return
	}
	op := unix.EPOLL_CTL_MOD
	if c.mask == 0 {
		op = unix.EPOLL_CTL_ADD
	}
	c.mask = mask
	ev := unix.EpollEvent{Events: mask, Fd: c.slot, Pad: int32(c.gen)}
	if err := unix.EpollCtl(b.fd, op, c.fd, &ev); err != nil {
		c.fail(os.NewSyscallError("epoll_ctl", err))
	}
}

func (b *epoll) attach(c *Conn) error {
	b.register(c)
	return nil
}

func (b *epoll) resume(c *Conn) { b.register(c) }

func (b *epoll) read(c *Conn, f *epollFrame) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(c.fd), uintptr(unsafe.Pointer(&f.buf[0])), epollReadSize)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return
	case errno != 0:
		c.ended(os.NewSyscallError("read", errno))
	case n == 0:
		c.ended(nil)
		if !c.stopped && c.state == stateOpen { // paused by the handler, which hears of the end later
			c.stopped = true
		}
	case c.received(f.buf[:n]):
		return
	}
	if c.state < stateShutting {
		b.register(c)
	}
}

// hangup handles an error of a connection that is not being read from.
func (b *epoll) hangup(c *Conn, f *epollFrame) {
	if c.state == stateOpen && !c.stopped {
		b.read(c, f)
		return
	}
	errno, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err == nil && errno != 0:
		c.fail(os.NewSyscallError("read", syscall.Errno(errno)))
	case c.state == stateDraining:
		c.fail(os.NewSyscallError("write", unix.EPIPE))
	}
}

func (b *epoll) send(c *Conn) {
	for total := 0; ; {
		p := c.chunk()
		if len(p) == 0 {
			break
		}
		if total >= c.batch() {
			c.sent(0)
			c.Flush() // the others come first
			break
		}
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(c.fd), uintptr(unsafe.Pointer(&p[0])),
			uintptr(min(len(p), c.batch())), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			c.sent(int(n))
			total += int(n)
		case unix.EINTR:
			c.sent(0)
		case unix.EAGAIN:
			c.sent(0)
			c.inflight = true
			b.register(c)
			return
		default:
			c.fail(os.NewSyscallError("write", errno))
			return
		}
	}
	if c.mask&unix.EPOLLOUT != 0 {
		b.register(c)
	}
}

func (b *epoll) shut(c *Conn) {
	if c.writer != nil {
		unix.Shutdown(c.fd, unix.SHUT_RDWR) // the Writer's descriptor would keep it open
	}
	if c.mask != 0 {
		unix.EpollCtl(b.fd, unix.EPOLL_CTL_DEL, c.fd, nil)
	}
	b.l.letGo(c)
}

func (b *epoll) listen(ln *Listener) error {
	if ln.key == 0 {
		unix.SetNonblock(ln.fd, true)
		b.lnKey--
		ln.key = b.lnKey
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: ln.key}
	if err := unix.EpollCtl(b.fd, unix.EPOLL_CTL_ADD, ln.fd, &ev); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	ln.armed = true
	b.lns[ln.key] = ln
	return nil
}

func (b *epoll) unlisten(ln *Listener) {
	b.mute(ln)
	unix.Close(ln.fd)
}

func (b *epoll) mute(ln *Listener) {
	if ln.armed {
		unix.EpollCtl(b.fd, unix.EPOLL_CTL_DEL, ln.fd, nil)
		ln.armed = false
	}
	delete(b.lns, ln.key)
}

func (b *epoll) accept(ln *Listener) {
	for range acceptBatch {
		fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(ln.fd), 0, 0, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0, 0)
		switch errno {
		case 0:
			b.l.accepted(ln, int(fd))
		case unix.EAGAIN:
			return
		case unix.EINTR, unix.ECONNABORTED:
		default:
			b.mute(ln)
			b.l.acceptStalled(ln, os.NewSyscallError("accept", errno))
			return
		}
		if ln.closed {
			return
		}
	}
}
