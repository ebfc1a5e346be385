// Package salvage writes every record of a damaged RDB file that can be read to a new file, which is whole.
//
// Records are copied as they are, byte for byte, so nothing is changed by reading and writing it: a file of any version
// that can be read is salvaged to one of the same version. Only what the damage has made wrong is written anew: the
// header, which database is selected, and the checksum. RESIZEDB and SLOT_INFO, which announce numbers of keys, are left out.
//
//	read    header  AUX..  SELECTDB 0  k1  k2  ####damage####  k5  SELECTDB 1  k6  EOF  sum
//	written header  AUX..  SELECTDB 0  k1                      k5  SELECTDB 1  k6  EOF  new sum
//
// k2 is held back until what follows it has been read: when its length was damaged, k2 has swallowed a part of k3.
package salvage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/crc64"
)

// Loss is something that could not be read, or something doubtful that was kept.
type Loss struct {
	Kept   bool  // it is in the new file, but look at it
	Offset int64 // where its record begins
	Bytes  int64 // up to where reading went on, 0: not known
	Named  bool  // Key, DB and Type are known
	DB     int
	Key    []byte
	Type   string
	Reason string
}

// Result sums up.
type Result struct {
	Version int
	Keys    int64 // in the new file
	Records int64 // beside keys: AUX, functions, ...
	Lost    int64 // losses
	Doubts  int64 // losses that were kept
	Bytes   int64 // written
}

// held is a record that was read and is not written yet.
type held struct {
	from, to int64
	db       int
	key      []byte
	typ      rdb.Type
	expireMs int64 // to be put before the record, -1: nothing
	isKey    bool
}

// holdBack is how many records a Fault may take back.
const holdBack = 9

// salvager is a run.
type salvager struct {
	in   io.ReaderAt
	size int64
	w    io.Writer
	see  func(*Loss)
	s    *rdb.Scanner
	res  Result

	queue    []held
	crc      uint64
	db       int // that is selected in the new file, -1: none
	shift    int // database that SELECTDB said, when that was lost: what to read for the scanner's; -1: nothing
	selected bool
	selects  int
	gapEnd   int64 // end of the last damage, -1 when a record was read behind it
	gapFrom  int64
	seed     maphash.Seed
	keys     map[uint64]struct{}
	version  int
	buf      []byte
}

// RDB salvages the first size bytes of in to w. end is where the RDB ends in in; whole says that its end was found.
func RDB(in io.ReaderAt, size int64, w io.Writer, see func(*Loss)) (res Result, end int64, whole bool, err error) {
	v := &salvager{in: in, size: size, w: w, see: see, db: -1, shift: -1, gapEnd: -1, seed: maphash.MakeSeed(), keys: map[uint64]struct{}{}}
	header, err := v.header()
	if err != nil {
		return v.res, 0, false, err
	}
	if err := v.write(header); err != nil {
		return v.res, 0, false, err
	}
	v.s = v.scanner()
	if err := v.run(); err != nil {
		return v.res, 0, false, err
	}
	return v.res, v.s.Offset(), v.s.Whole(), v.finish()
}

func (v *salvager) scanner() *rdb.Scanner {
	return rdb.NewScanner(v.in, v.size, rdb.ScanOptions{Headless: true, DecodeOptions: rdb.DecodeOptions{
		Deep: true, Duplicates: true, Foreign: true, BufferSize: 256 << 10,
	}})
}

// header returns the nine bytes to begin with: the file's own, or when those are damaged, of the lowest version that has
// what the file holds.
func (v *salvager) header() ([]byte, error) {
	s := v.scanner()
	var fault *rdb.Fault
	version, first := rdb.MinWriteVersion, true
	for {
		it, err := s.Next()
		switch {
		case errors.As(err, &fault) && first && fault.Op == "start":
		case err != nil && err != io.EOF && !errors.As(err, &fault):
			return nil, err
		case first:
			h := make([]byte, 9)
			if _, err := v.in.ReadAt(h, 0); err != nil {
				return nil, errors.New("shorter than a header: there is nothing to salvage")
			}
			v.version = s.Decoder().Version()
			return h, nil
		case err == io.EOF:
			v.version = version
			return fmt.Appendf(nil, "REDIS%04d", version), nil
		case err == nil && it.Op == rdb.OpKey:
			version = max(version, it.Value.Type.Since())
		case err == nil && it.Op == rdb.OpFunction:
			version = max(version, rdb.DefaultVersion)
		}
		first = false
	}
}

func (v *salvager) run() error {
	var fault *rdb.Fault
	for {
		it, err := v.s.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			v.fault(fault)
		case err != nil:
			return err
		default:
			if it.Value.ReadThrough() != nil {
				continue // the fault comes next
			}
			if err := v.item(it); err != nil {
				return err
			}
		}
	}
}

// item takes a record that is whole.
func (v *salvager) item(it *rdb.Item) error {
	h := held{from: it.Offset, to: v.s.Offset(), db: it.DB, expireMs: -1}
	gap := v.gapEnd == it.Offset
	switch it.Op {
	case rdb.OpSelectDB:
		v.selected, v.shift, v.selects = true, -1, v.selects+1
		return nil
	case rdb.OpResizeDB:
		if !v.selected && gap {
			v.lostSelect(it)
		}
		v.selected = false
		return nil
	case rdb.OpSlotInfo:
		return nil
	case rdb.OpKey:
		h.isKey, h.key, h.typ = true, append([]byte{}, it.Key...), it.Value.Type
		if v.shift >= 0 {
			h.db = v.shift
		}
		if gap && it.ExpireMs < 0 {
			v.lostExpiry(&h)
		}
	}
	v.queue = append(v.queue, h)
	if len(v.queue) <= holdBack {
		return nil
	}
	first := v.queue[0]
	v.queue = append(v.queue[:0], v.queue[1:]...)
	return v.copy(&first)
}

// lostSelect guesses which database begins where SELECTDB was damaged: a RESIZEDB follows the damage.
func (v *salvager) lostSelect(it *rdb.Item) {
	lowest := it.DB + 1
	if v.selects == 0 {
		lowest = 0
	}
	v.shift = lowest
	var b [1]byte
	if it.Offset-v.gapFrom <= 2 {
		if _, err := v.in.ReadAt(b[:], it.Offset-1); err == nil && int(b[0]) >= lowest && b[0] < 64 {
			v.shift = int(b[0])
		}
	}
	v.doubt(&Loss{Offset: v.gapFrom, Reason: fmt.Sprintf("the number of a database was lost; its keys are taken for those of %d", v.shift)})
}

// lostExpiry looks whether the damage before a key ends like the time at which it expires.
func (v *salvager) lostExpiry(h *held) {
	const from, to = 1_000_000_000_000, 4_100_000_000_000 // the years 2001 to 2099
	loss := &Loss{Offset: h.from, Named: true, DB: h.db, Key: h.key, Type: h.typ.String(), Reason: "an expire time before it may have been lost"}
	var b [8]byte
	if h.from-v.gapFrom >= 9 {
		if _, err := v.in.ReadAt(b[:], h.from-8); err == nil {
			if ms := int64(binary.LittleEndian.Uint64(b[:])); ms >= from && ms < to {
				h.expireMs = ms
				loss.Reason = fmt.Sprintf("its expire time was restored from the bytes before it: %d", ms)
			}
		}
	}
	v.doubt(loss)
}

func (v *salvager) doubt(l *Loss) {
	l.Kept = true
	v.res.Doubts++
	v.see(l)
}

func (v *salvager) lose(l *Loss) {
	v.res.Lost++
	v.see(l)
}

// fault lists what is lost, and drops what turned out to be part of the damage.
func (v *salvager) fault(f *rdb.Fault) {
	if f.Op == "check-sum" && f.Resume < 0 {
		if errors.Is(f.Err, rdb.ErrChecksum) {
			v.doubt(&Loss{Offset: f.Offset, Reason: "the checksum is wrong though every record is whole: some of what strings hold may have changed"})
		}
		return
	}
	for len(v.queue) > 0 && v.queue[len(v.queue)-1].from >= f.From {
		h := v.queue[len(v.queue)-1]
		v.queue = v.queue[:len(v.queue)-1]
		v.lose(&Loss{Offset: h.from, Named: h.isKey, DB: h.db, Key: h.key, Type: h.typ.String(), Reason: "the damage begins in it"})
	}
	reason := f.Err.Error()
	if errors.Is(f.Err, io.ErrUnexpectedEOF) {
		reason = "the input ends here"
	}
	l := &Loss{Offset: f.From, Named: f.Key != nil, DB: f.DB, Key: f.Key, Type: f.Type.String(), Reason: fmt.Sprintf("%s at offset %d: %s", f.Op, f.Offset, reason)}
	if v.gapFrom, v.gapEnd = f.From, f.Resume; f.Sure {
		v.gapEnd = -1 // nothing beside the value is lost
	}
	if f.Resume >= 0 {
		l.Bytes = f.Resume - f.From
	} else {
		l.Bytes = v.size - f.From
	}
	if l.Bytes == 0 {
		l.Reason = "the input ends before the end of the file: what followed is lost"
	}
	v.lose(l)
	if k := len(v.queue); f.Doubt && f.Retract == 0 && k > 0 && v.queue[k-1].isKey {
		h := v.queue[k-1]
		v.doubt(&Loss{Offset: h.from, Named: true, DB: h.db, Key: h.key, Type: h.typ.String(), Reason: "damage follows it directly; it may have been cut short"})
	}
}

// copy writes a record.
func (v *salvager) copy(h *held) error {
	if !h.isKey {
		v.res.Records++
		return v.copyRange(h.from, h.to)
	}
	if v.twice(h) {
		return nil
	}
	var before []byte
	if h.db != v.db {
		before = rdb.AppendSelectDB(before, h.db)
		v.db = h.db
	}
	if h.expireMs >= 0 {
		before = rdb.AppendExpire(before, h.expireMs)
	}
	v.res.Keys++
	if err := v.write(before); err != nil {
		return err
	}
	return v.copyRange(h.from, h.to)
}

// twice drops a key that was there before: a server refuses a file that has one twice.
func (v *salvager) twice(h *held) bool {
	var m maphash.Hash
	m.SetSeed(v.seed)
	m.Write(binary.LittleEndian.AppendUint32(nil, uint32(h.db)))
	m.Write(h.key)
	sum := m.Sum64()
	if _, there := v.keys[sum]; there {
		v.lose(&Loss{Offset: h.from, Bytes: h.to - h.from, Named: true, DB: h.db, Key: h.key, Type: h.typ.String(), Reason: "a key of this name was read before"})
		return true
	}
	v.keys[sum] = struct{}{}
	return false
}

func (v *salvager) copyRange(from, to int64) error {
	if v.buf == nil {
		v.buf = make([]byte, 256<<10)
	}
	for from < to {
		n := min(int64(len(v.buf)), to-from)
		if _, err := v.in.ReadAt(v.buf[:n], from); err != nil && err != io.EOF {
			return err
		}
		if err := v.write(v.buf[:n]); err != nil {
			return err
		}
		from += n
	}
	return nil
}

func (v *salvager) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	v.crc = crc64.Update(v.crc, p)
	v.res.Bytes += int64(len(p))
	_, err := v.w.Write(p)
	return err
}

// finish writes what is held back, and the end.
func (v *salvager) finish() error {
	for i := range v.queue {
		if err := v.copy(&v.queue[i]); err != nil {
			return err
		}
	}
	v.res.Version = v.version
	if err := v.write([]byte{0xFF}); err != nil || v.version < 5 {
		return err
	}
	return v.write(binary.LittleEndian.AppendUint64(nil, v.crc))
}
