package loop

import "time"

// backend is what differs between io_uring, epoll and goroutines. All methods but wake run on the loop's goroutine.
//
// Its duties: call l.accepted, c.received and c.ended for events; keep c.sending unchanged and reachable while a send is
// in flight, report it with c.sent and call c.Flush; after shut, call l.letGo(c) once the kernel refers neither to the
// descriptor nor to memory. It is the loop that closes descriptors of connections.
type backend interface {
	name() string
	// start is called at the begin of Run, on the loop's thread.
	start() error
	// wait dispatches the events that are there. If there are none, it waits for some for up to d; negative means
	// for ever.
	wait(d time.Duration) error
	// wake ends a wait. Any goroutine may call it.
	wake()
	// listen begins to accept, unlisten ends it and closes the descriptor. accept errors that need a pause are
	// reported with l.acceptStalled, after which listen is called again.
	listen(ln *Listener) error
	unlisten(ln *Listener)
	// attach begins to read from a new connection.
	attach(c *Conn) error
	// send begins to send; nothing is in flight. It takes the bytes from c.chunk.
	send(c *Conn)
	// resume begins to read again after c.received has returned false.
	resume(c *Conn)
	// shut ends reading and sending.
	shut(c *Conn)
	// close frees the back end.
	close()
}
