package command

// KeyAccess says what a command does with the keys of one KeySpec; the names are those of Redis 7.0's key specifications.
type KeyAccess uint16

const (
	KeyRO         KeyAccess = 1 << iota // reads the value
	KeyRW                               // changes an existing value in part
	KeyOW                               // overwrites the value whatever it was
	KeyRM                               // deletes the key
	KeyAccessData                       // returns or uses the user's data
	KeyUpdate                           // changes data using the old data
	KeyInsert                           // adds data, keeps the old
	KeyDelete                           // removes data
	KeyNotKey                           // looks like a key but is none (cluster routing only)
	KeyIncomplete                       // may miss keys
	KeyVariable                         // flags depend on the arguments
)

var keyFlagNames = [...]string{"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"}

// Names lists the flags as COMMAND INFO shows them.
func (a KeyAccess) Names() []string {
	var out []string
	for i, n := range keyFlagNames {
		if a&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// KeySpec finds keys in the arguments. Begin: Index (> 0) or Keyword after StartFrom. Find: a range (LastKey relative to
// the first key, negative counts from the last argument; Step; Limit as in Redis) or, when KeyNum is set, a count argument.
type KeySpec struct {
	Access    KeyAccess
	Index     int    // position of the first key (or of the count), when Keyword is empty
	Keyword   string // upper case; the keys follow it
	StartFrom int    // where the search for Keyword starts; negative: from the end
	LastKey   int    // 0: only the first key; -1: up to the last argument; n: first + n
	Step      int    // distance of keys; 0 means 1
	Limit     int    // with LastKey -1: stop after 1/Limit of what is left (0 and 1: all)
	KeyNum    bool   // Index points to the number of keys, which follow at FirstKey
	FirstKey  int    // with KeyNum: offset of the first key from the count
	Unknown   bool   // cannot be told from the arguments
	Notes     string
}

// OneKey is the common case: the first argument is the only key.
func OneKey(a KeyAccess) []KeySpec { return []KeySpec{{Access: a, Index: 1}} }

// TwoKeys is for commands with a source and a destination.
func TwoKeys(first, second KeyAccess) []KeySpec {
	return []KeySpec{{Access: first, Index: 1}, {Access: second, Index: 2}}
}

// AllKeys: every argument from the first on is a key, step apart.
func AllKeys(a KeyAccess, step int) []KeySpec {
	return []KeySpec{{Access: a, Index: 1, LastKey: -1, Step: step}}
}

// NumKeys: a count at index, the keys right after it.
func NumKeys(a KeyAccess, index int) KeySpec {
	return KeySpec{Access: a, Index: index, KeyNum: true, FirstKey: 1, Step: 1}
}

// KeyPos is one key found in the arguments of a call.
type KeyPos struct {
	Index  int
	Access KeyAccess
}

// AppendKeys appends the keys of a call to dst. ok is false when the arguments do not fit the specification
// (a count that is no number or exceeds the arguments).
func (s *Spec) AppendKeys(dst []KeyPos, args [][]byte) (_ []KeyPos, ok bool) {
	if s.GetKeys != nil {
		return s.GetKeys(dst, args)
	}
	for i := range s.Keys {
		if dst, ok = s.Keys[i].appendKeys(dst, args, s.Is(NoMandatoryKeys)); !ok {
			return dst, false
		}
	}
	return dst, true
}

func (k *KeySpec) begin(args [][]byte) (int, bool) {
	if k.Keyword == "" {
		return k.Index, k.Index < len(args)
	}
	if k.StartFrom < 0 {
		for i := len(args) + k.StartFrom; i > 0; i-- {
			if Is(args[i], k.Keyword) {
				return i + 1, i+1 < len(args)
			}
		}
		return 0, false
	}
	for i := k.StartFrom; i < len(args); i++ {
		if Is(args[i], k.Keyword) {
			return i + 1, i+1 < len(args)
		}
	}
	return 0, false
}

// appendKeys appends the keys of one specification; none says that a count may be 0.
func (k *KeySpec) appendKeys(dst []KeyPos, args [][]byte, none bool) ([]KeyPos, bool) {
	if k.Unknown {
		return dst, true
	}
	first, found := k.begin(args)
	if !found {
		return dst, k.Keyword != "" // an optional keyword may be absent
	}
	step := max(k.Step, 1)
	last := first + k.LastKey
	switch {
	case k.KeyNum:
		n, ok := ParseInt(args[first])
		if !ok || n < 0 || n == 0 && !none || n > int64(len(args)) {
			return dst, false
		}
		first += k.FirstKey
		last = first + (int(n)-1)*step
	case k.LastKey < 0 && k.Limit <= 1:
		last = len(args) + k.LastKey
	case k.LastKey < 0:
		last = first + (len(args)-first)/k.Limit + k.LastKey
	}
	if last >= len(args) {
		return dst, false
	}
	for i := first; i <= last; i += step {
		dst = append(dst, KeyPos{i, k.Access})
	}
	return dst, true
}
