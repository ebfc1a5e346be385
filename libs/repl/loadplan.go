package repl

// Room is what a replica knows of memory when a snapshot comes, for repl-diskless-load auto (B6). Bytes.
type Room struct {
	Keys int64 // that it has
	Used int64 // by its data
	Free int64 // what may be used besides; negative: not known
}

// ChooseLoad decides how a snapshot is loaded: straight from the connection into an empty data set, beside the old one when both
// fit, and else through the disk, for which the old one goes first. size is the announced length, negative if there is none; memory is
// what the master says that it uses, negative if it does not.
//
// The new data set is taken to be as large as the largest of what is known: the file (it is compact, so twice that), the master's
// memory, and, when the master says neither, our own old data. A quarter more must be free, since an estimate it is.
func ChooseLoad(r Room, size, memory int64) Load {
	if r.Keys == 0 {
		return Load{Direct: true}
	}
	need := max(2*size, memory)
	if need <= 0 {
		need = r.Used
	}
	if r.Free < 0 || need+need/4 > r.Free {
		return Load{}
	}
	return Load{Direct: true, KeepsOld: true}
}

// String is the word for logs.
func (l Load) String() string {
	switch {
	case l.KeepsOld:
		return "from the socket beside the old data"
	case l.Direct:
		return "from the socket"
	}
	return "through the disk"
}
