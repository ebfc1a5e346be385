package repl

// Offset is a position in a replication stream: the offset of the next byte. The first byte of a stream has offset 0.
// A node at Offset n has applied the bytes 0 to n-1, n of them, and waits for byte n. The table in the package comment
// shows which numbers of the protocol count so and which count from one.
type Offset int64

// OffsetFromPSYNC converts the number in PSYNC, which counts bytes from one: 51 asks for byte 50.
func OffsetFromPSYNC(n int64) Offset { return Offset(n - 1) }

// PSYNC returns the number that PSYNC sends to ask for this byte, which counts from one.
func (o Offset) PSYNC() int64 { return int64(o) + 1 }

// Info returns the number for INFO's master_repl_offset, for +FULLRESYNC, for REPLCONF ACK and for the RDB aux field
// repl-offset: how many bytes lie before this offset.
func (o Offset) Info() int64 { return int64(o) }
