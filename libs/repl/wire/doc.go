// Package wire holds the conversations of replication: what a replica and its master say to each other before the stream,
// and how a snapshot is framed. It is ring 2 of decision 0004: straight-line code that blocks on an io.Reader and an
// io.Writer. What a reply means is decided in package repl; time-outs are the caller's, who closes the connection.
//
//	replica                                master
//	PING                                   +PONG
//	AUTH ... / REPLCONF ...                +OK
//	PSYNC <id> <n>                         "\n"*  then either
//	                                       +CONTINUE <id>       the stream, from byte n (counted from one)
//	                                or     +FULLRESYNC <id> <n> then
//	                                       "\n"*  while the snapshot is made, then either
//	                                       $<length>\r\n<snapshot>            the stream, at once
//	                                or     $EOF:<mark>\r\n<snapshot><mark>    the stream, after the first ACK
//	REPLCONF ACK <n>, each second
//
// The mark is 40 random characters that stand for the length, which is not known when a snapshot is sent while it is made.
package wire
