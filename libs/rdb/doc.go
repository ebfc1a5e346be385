// Package rdb reads and writes RDB files, the snapshot format of Redis, and the payloads of DUMP and RESTORE, which
// hold single values of it. It reads versions 1 to 12 and writes 9 to 12 (10 by default, what Redis 7.0 writes).
//
//	file    = "REDIS" 4 digits (version) { record } 0xFF [ CRC64: 8 bytes little endian, from version 5; 0 = not computed ]
//	record  = 0xFE length                  SELECTDB: the keys that follow are of this database
//	        | 0xFB length length           RESIZEDB: number of keys, number of keys that expire
//	        | 0xFA string string           AUX: name and value
//	        | 0xF7 module data             MODULE_AUX
//	        | 0xF6 ... | 0xF5 string       FUNCTION of 7.0's release candidates, FUNCTION2: a library's source
//	        | 0xF4 length length length    SLOT_INFO: slot, keys, keys that expire
//	        | { meta } type key value
//	meta    = 0xFD uint32 (s) | 0xFC uint64 (ms)   when the key expires, little endian
//	        | 0xF8 length (s) | 0xF9 byte          idle time, LFU counter
//	key     = string
//
//	length  = 00xxxxxx | 01xxxxxx byte | 0x80 uint32 big endian | 0x81 uint64 big endian
//	string  = length bytes
//	        | 0xC0 int8 | 0xC1 int16 | 0xC2 int32    an integer in decimal, little endian
//	        | 0xC3 length length bytes               LZF: compressed length, length, compressed bytes
//
// What a value looks like depends on the [Type]: one string that holds a flat encoding (listpack, ziplist, intset,
// zipmap: see the packages below encoding/), a length and so many strings, or a structure of its own (streams, modules).
//
// [Decoder] streams: one item a call, nothing allocated per key, every check with the place of the fault. [Appender]
// is a set of functions that append to a []byte, one Appender a goroutine; [Encoder] joins their output to a file.
//
// Source of the format: the documentation of Redis, its file format history, and what redis-server 7.0 writes and accepts.
package rdb
