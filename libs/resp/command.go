package resp

import "github.com/tidwall/redcon"

// AppendCommand appends a request with the arguments.
func AppendCommand[T string | []byte](dst []byte, args ...T) []byte {
	dst = redcon.AppendArray(dst, len(args))
	for _, arg := range args {
		dst = appendPrefix(dst, '$', int64(len(arg)))
		dst = append(dst, arg...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}
