package admin

import "strconv"

// text renders a Stat as indented lines.
func (s Stat) text(indent string) string {
	switch {
	case s.Sub != nil:
		out := indent + s.Name + ":\n"
		for _, x := range s.Sub {
			out += x.text(indent + "  ")
		}
		return out
	case s.Float:
		return indent + s.Name + ": " + strconv.FormatFloat(s.Ratio, 'f', 2, 64) + "\n"
	}
	return indent + s.Name + ": " + strconv.FormatInt(s.Value, 10) + "\n"
}
