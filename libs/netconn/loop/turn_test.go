package loop

import (
	"testing"
	"time"
)

// A turn ends within some 100 KB, whatever a connection has sent or is to be sent: the others' requests wait for the one, their replies for
// the other.
func TestTurnIsBounded(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		const size = 6 << 20
		var in, mostIn int // received, in a turn
		var conn *Conn
		var written uint64
		mostOut := uint64(0)
		h := &funcs{
			data: func(c *Conn, p []byte) { conn, in = c, in+len(p) },
			turn: func() time.Duration {
				mostIn, in = max(mostIn, in), 0
				if conn != nil {
					mostOut, written = max(mostOut, conn.Written-written), conn.Written
				}
				return -1
			},
		}
		s := start(t, Options{Backend: backend}, h)
		nc := s.dial()
		held := make(chan struct{})
		s.l.Post(func() { <-held }) // meanwhile as much as the kernel takes piles up
		go func() {
			time.AfterFunc(50*time.Millisecond, func() { close(held) })
			send(t, nc, string(pattern(size)))
		}()
		eventually(t, "received", func() (all bool) {
			s.do(func() { all = s.l.Stats.BytesRead == size })
			return all
		})
		s.do(func() { conn.Out = append(conn.Out, pattern(size)...); conn.Flush() })
		expect(t, nc, string(pattern(size)))
		var mostReplied uint64
		s.do(func() { mostReplied = mostOut })
		s.do(func() {
			mostOut, written = 0, conn.Written
			conn.SetSource(&cursor{blocks: [][]byte{pattern(size)}})
		})
		expect(t, nc, string(pattern(size)))
		s.do(func() {
			// A buffer more may come in, and a send may end in the turn of the next.
			if most := turnBytes + max(recvBufSize, pumpBufMax); mostIn > most {
				t.Errorf("%d bytes came in one turn, want at most %d", mostIn, most)
			}
			if backend != Portable && (mostReplied > 2*sendBatch || mostOut > 2*sourceBatch) { // there a goroutine writes what does not fit
				t.Errorf("%d bytes went out in one turn, of a source %d, want at most %d and %d", mostReplied, mostOut, 2*sendBatch, 2*sourceBatch)
			}
		})
	})
}
