package resp

// aheadArgs is the number of arguments up to which AppendKeys looks at a request.
const aheadArgs = 8

// Ahead appends to keys the second argument of each of the next requests: see AppendKeys. It consumes nothing.
// The slices are valid as those of Next.
func (p *Parser) Ahead(keys [][]byte) [][]byte {
	if p.req.kind != 0 {
		return keys // its end comes first
	}
	return AppendKeys(keys, p.data[p.pos:])
}

// AppendKeys appends to keys the second argument of each of the requests at the beginning of b, for a caller who wants to
// prepare for them: in most commands that is the key. It stops before the first request that does not lie whole in b,
// or is not plain and short, and at the capacity of keys. The slices are those of b.
func AppendKeys(keys [][]byte, b []byte) [][]byte {
	for at := 0; len(keys) < cap(keys) && at < len(b) && b[at] == '*'; {
		args, end := shortHeader(b, at)
		if args == 0 || args > aheadArgs {
			break
		}
		var key []byte
		for i := range args {
			n, from := shortHeader(b, end)
			if from == 0 || b[end] != '$' || from+n+2 > len(b) {
				return keys
			}
			if i == 1 {
				key = b[from : from+n : from+n]
			}
			end = from + n + 2
		}
		if args > 1 {
			keys = append(keys, key)
		}
		at = end
	}
	return keys
}
