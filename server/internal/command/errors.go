package command

// Error texts that several families share. They are Redis's, to the letter, since clients match on them.
const (
	ErrWrongType  = "WRONGTYPE Operation against a key holding the wrong kind of value"
	ErrSyntax     = "ERR syntax error"
	ErrNotInteger = "ERR value is not an integer or out of range"
	ErrNotFloat   = "ERR value is not a valid float"
	ErrNoKey      = "ERR no such key"
	ErrOutOfRange = "ERR value is out of range"
	ErrPositive   = "ERR value is out of range, must be positive"
	ErrSameObject = "ERR source and destination objects are the same"
	ErrIndexRange = "ERR index out of range"
	ErrOverflow   = "ERR increment or decrement would overflow"
	ErrTooLong    = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	ErrNaN        = "ERR increment would produce NaN or Infinity"
	ErrBusyKey    = "BUSYKEY Target key name already exists."
	ErrDBRange    = "ERR DB index is out of range"
	ErrInvalidCur = "ERR invalid cursor"
)
