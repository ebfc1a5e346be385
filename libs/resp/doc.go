// Package resp speaks the Redis serialization protocol, versions 2 and 3, over
// byte slices. It does no I/O of its own: the server feeds the Parser what a
// socket delivered and sends what a Writer collected; clients read replies with
// a Reader over any io.Reader.
//
// A request is an array of bulk strings, or one inline line of words:
//
//	*3\r\n $3\r\nSET\r\n $3\r\nkey\r\n $5\r\nvalue\r\n
//	SET key "va\x6cue"\r\n
//
// A reply is one value. Its first byte names the type:
//
//	RESP2   + simple string   - error   : integer   $ bulk string   * array
//	RESP3   _ null   , double   # boolean   ( big number   ! blob error
//	        = verbatim string   % map   ~ set   > push   | attribute
//
// The grammar and the limits are those of Redis 7.0; docs/formats/resp.md
// describes them with examples.
package resp
