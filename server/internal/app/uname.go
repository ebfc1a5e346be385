package app

// utsString reads a field of utsname.
func utsString[T int8 | uint8](f []T) string {
	var b []byte
	for _, c := range f {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// rusageThread is RUSAGE_THREAD of getrusage(2) on Linux.
const rusageThread = 1
