package rdb

import (
	"errors"
	"fmt"
	"strings"
)

// SyntaxError says where and why an input is not a valid RDB file or DUMP payload. All errors of Decoder are of this
// type. Err wraps io.ErrUnexpectedEOF when the input ends too early, and the reader's error when reading failed.
type SyntaxError struct {
	Offset int64  // bytes from the start of the input to the piece that is wrong, or to the end of a cut one
	DB     int    // the selected database
	Op     string // what was read, in the words of redis-check-rdb: start, read-type, read-key, read-object-value, ...
	Key    []byte // the key whose value was read; nil elsewhere
	Type   Type   // the type of that value
	Err    error
}

func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rdb: offset %d: %s", e.Offset, e.Op)
	if e.Key != nil {
		fmt.Fprintf(&b, " of key %s in db %d (%s)", quote(e.Key), e.DB, e.Type)
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// quote shortens what could fill a log.
func quote(key []byte) string {
	const most = 128
	if len(key) > most {
		return fmt.Sprintf("%q... (%d bytes)", key[:most], len(key))
	}
	return fmt.Sprintf("%q", key)
}

// Complaint says of a value of type t that could not be read what Redis's log says: tools and tests look for these words. Details follow.
func Complaint(t Type, err error) string {
	if errors.Is(err, ErrChecksum) {
		return "RDB CRC error: " + err.Error()
	}
	what := ""
	switch t {
	case TypeHashZipmap:
		what = "Zipmap"
	case TypeListZiplist:
		what = "List ziplist"
	case TypeSetIntset:
		what = "Intset"
	case TypeZsetZiplist:
		what = "Zset ziplist"
	case TypeHashZiplist:
		what = "Hash ziplist"
	case TypeListQuicklist:
		what = "Ziplist"
	case TypeListQuicklist2:
		what = "Listpack"
	case TypeHashListpack:
		what = "Hash listpack"
	case TypeZsetListpack:
		what = "Zset listpack"
	case TypeStream, TypeStream2, TypeStream3:
		switch {
		case errors.Is(err, errConsumerTwice):
			return "Duplicate stream consumer detected: " + err.Error()
		case errors.Is(err, errTwoConsumers):
			return "Stream consumer PEL entry already has a consumer assigned: " + err.Error()
		}
		what = "Stream listpack"
	default:
		return err.Error()
	}
	return what + " integrity check failed. " + err.Error()
}

// Faults that callers tell apart with errors.Is.
var (
	ErrSignature     = errors.New("wrong signature: not an RDB file")
	ErrVersion       = errors.New("can't handle RDB format version")
	ErrChecksum      = errors.New("checksum mismatch")
	ErrEmptyKey      = errors.New("empty collection")
	errConsumerTwice = errors.New("is there twice")
	errTwoConsumers  = errors.New("belongs to two consumers")
	ErrNotEncoded    = errors.New("cannot be expressed in this RDB version")
)

// What an operation is called in a SyntaxError.
const (
	doStart     = "start"
	doType      = "read-type"
	doLen       = "read-len"
	doAux       = "read-aux"
	doModuleAux = "read-module-aux"
	doFunctions = "read-functions"
	doExpire    = "read-expire"
	doKey       = "read-key"
	doValue     = "read-object-value"
	doChecksum  = "check-sum"
)
