// Package check looks for everything that is wrong with RDB files and append-only files, and tells each finding with its
// place as it is met. What it finds is a matter of the bytes; errors are returned only when they cannot be read.
package check

import (
	"errors"
	"fmt"
	"io"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// Severity says how bad a Finding is.
type Severity uint8

const (
	Warning Severity = iota // a server loads the file, but something about it is not as it should be
	Corrupt                 // data is damaged or missing
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "corrupt"
}

// Finding is one thing that is wrong.
type Finding struct {
	Severity Severity
	Offset   int64  // of the piece that is wrong; -1 when it concerns the whole file
	Record   int64  // where its record begins, -1 if it is not in one
	Resume   int64  // where reading went on, -1: nowhere
	Op       string // what was read, in the words of redis-check-rdb
	InKey    bool   // DB, Key and Type say in which value it is
	DB       int
	Key      []byte
	Type     string
	Reason   string
	Notes    []string // what else there is to say
	Err      error    // behind a Finding in an RDB
}

// Checksum words of a Report.
const (
	SumGood     = "ok"
	SumNone     = "none"         // versions below 5
	SumDisabled = "not computed" // by the writer
	SumUnknown  = "not reached"
	SumWrong    = "wrong"
	SumSkipped  = "not checked" // because of a fault before it
)

// Aux is a named text of an RDB.
type Aux struct{ Name, Value string }

// Database counts the keys of one.
type Database struct {
	DB        int
	Keys      int64
	Expires   int64 // keys with an expire time
	Expired   int64 // of which it has passed
	Types     map[string]int64
	Encodings map[string]int64

	counts                      [256]int64 // by encoding; Types and Encodings are made of it at the end
	announced, announcedExpires int64      // by RESIZEDB, -1: not
}

// Report sums up a file.
type Report struct {
	Kind      string // "rdb", "aof", "rdb+aof"
	Version   int
	Valkey    bool
	Bytes     int64 // up to the end of the RDB
	Checksum  string
	Aux       []Aux
	Databases []*Database
	Functions int64
	ModuleAux int64
	Empty     int64 // keys with empty collections, which a server leaves out
	Faults    int64
	Warnings  int64
	Commands  *Commands // of an append-only file
}

// Total sums over the databases.
func (r *Report) Total() (keys, expires, expired int64) {
	for _, d := range r.Databases {
		keys, expires, expired = keys+d.Keys, expires+d.Expires, expired+d.Expired
	}
	return keys, expires, expired
}

// Options are the choices of a check.
type Options struct {
	Now     int64                 // Unix time in ms, by which keys have expired
	Finding func(*Finding)        // is told each finding
	Item    func(*rdb.Item) error // is shown each record before its elements are read; may be nil
	Broken  error                 // why in ends before its end; nil: it does not
}

// RDB checks the first size bytes of in, which begin with an RDB. Commands of an AOF may follow it; end is where. whole
// says that the end stood where it should.
func RDB(in io.ReaderAt, size int64, opts Options) (r *Report, end int64, whole bool, err error) {
	c := &checker{opts: opts, r: &Report{Kind: "rdb", Checksum: SumUnknown}}
	c.s = rdb.NewScanner(in, size, rdb.ScanOptions{DecodeOptions: rdb.DecodeOptions{
		Deep: true, Duplicates: true, Foreign: true, BufferSize: 256 << 10,
	}})
	if err := c.run(); err != nil {
		return nil, 0, false, err
	}
	c.finish()
	return c.r, c.s.Offset(), c.s.Whole(), nil
}

// checker is a check under way.
type checker struct {
	opts   Options
	s      *rdb.Scanner
	r      *Report
	recent []counted // the latest records, for the case that they turn out to be damage
}

// counted is how a record was counted.
type counted struct {
	offset           int64
	db               *Database // nil: no key
	enc              rdb.Type
	expires, expired bool
}

func (c *checker) run() error {
	var fault *rdb.Fault // not in the loop: it would be allocated for each record
	for {
		it, err := c.s.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			c.fault(fault)
		case err != nil:
			return err
		default:
			if err := c.item(it); err != nil {
				return err
			}
		}
	}
}

// item counts a record once its elements are read; a fault in them comes with the next record.
func (c *checker) item(it *rdb.Item) error {
	if c.opts.Item != nil {
		if err := c.opts.Item(it); err != nil {
			return err
		}
	}
	if it.Op != rdb.OpKey {
		c.special(it)
		return nil
	}
	if err := it.Value.ReadThrough(); err != nil {
		return nil
	}
	n := counted{offset: it.Offset, db: c.database(it.DB), enc: it.Value.Type}
	n.expires = it.ExpireMs >= 0
	n.expired = n.expires && it.ExpireMs < c.opts.Now
	n.add(1)
	if len(c.recent) == cap(c.recent) && len(c.recent) > 0 {
		c.recent = c.recent[:copy(c.recent, c.recent[1:])]
	} else if c.recent == nil {
		c.recent = make([]counted, 0, 16)
	}
	c.recent = append(c.recent, n)
	return nil
}

func (n *counted) add(by int64) {
	d := n.db
	d.Keys += by
	d.counts[n.enc] += by
	if n.expires {
		d.Expires += by
	}
	if n.expired {
		d.Expired += by
	}
}

func (c *checker) special(it *rdb.Item) {
	switch it.Op {
	case rdb.OpAux:
		if len(c.r.Aux) < mostAux {
			c.r.Aux = append(c.r.Aux, Aux{string(it.Key), string(it.Value.Str[:min(len(it.Value.Str), longestAux)])})
		}
	case rdb.OpResizeDB:
		d := c.database(it.DB)
		d.announced, d.announcedExpires = int64(it.Keys), int64(it.Expires)
	case rdb.OpFunction:
		c.r.Functions++
	case rdb.OpFunctionPreGA:
		c.r.Functions++
		c.warn(it.Offset, "function %s is in the form of a release candidate of 7.0, which 7.2 and later refuse", quote(it.Key))
	case rdb.OpModuleAux:
		c.r.ModuleAux++
	}
}

// What is kept of AUX fields.
const (
	mostAux    = 1000
	longestAux = 64 << 10
)

// quote shortens what could fill a line.
func quote(b []byte) string {
	const most = 128
	if len(b) > most {
		return fmt.Sprintf("%q... (%d bytes)", b[:most], len(b))
	}
	return fmt.Sprintf("%q", b)
}

func (c *checker) database(n int) *Database {
	// Keys of one database follow each other.
	r := c.r
	if k := len(r.Databases); k > 0 && r.Databases[k-1].DB == n {
		return r.Databases[k-1]
	}
	for _, d := range r.Databases {
		if d.DB == n {
			return d
		}
	}
	d := &Database{DB: n, Types: map[string]int64{}, Encodings: map[string]int64{}, announced: -1}
	r.Databases = append(r.Databases, d)
	return d
}

func (c *checker) warn(offset int64, format string, args ...any) {
	c.r.Warnings++
	c.opts.Finding(&Finding{Severity: Warning, Offset: offset, Record: -1, Resume: -1, Reason: fmt.Sprintf(format, args...)})
}

// fault tells of damage, and takes back what was counted of it.
func (c *checker) fault(f *rdb.Fault) {
	c.r.Faults++
	found := &Finding{
		Severity: Corrupt, Offset: f.Offset, Record: f.Record, Resume: f.Resume, Op: f.Op, DB: f.DB, Err: f,
		Reason: f.Err.Error(),
	}
	if errors.Is(f.Err, io.ErrUnexpectedEOF) {
		found.Reason = "the input ends here"
	}
	if f.Key != nil {
		found.InKey, found.Key, found.Type = true, f.Key, f.Type.String()
	}
	switch {
	case f.Retract > 0:
		found.Notes = append(found.Notes, fmt.Sprintf("the damage begins before: %d records that seemed whole are not counted", f.Retract))
	case f.Doubt:
		found.Notes = append(found.Notes, "the record before may have been cut short")
	}
	switch {
	case f.Resume >= 0:
		found.Notes = append(found.Notes, fmt.Sprintf("reading goes on at offset %d", f.Resume))
	case f.Op != "check-sum" && f.Op != "start" && !errors.Is(f.Err, io.ErrUnexpectedEOF):
		found.Notes = append(found.Notes, "nothing that can be read follows")
	}
	c.opts.Finding(found)
	c.retract(f)
}

// retract takes the records off the count in whose middle the file goes on.
func (c *checker) retract(f *rdb.Fault) {
	for k := len(c.recent) - 1; k >= 0 && c.recent[k].offset >= f.From; k-- {
		c.recent[k].add(-1)
		c.recent = c.recent[:k]
	}
}

// finish looks at what only the end tells.
func (c *checker) finish() {
	d, r := c.s.Decoder(), c.r
	for _, db := range r.Databases {
		for t, n := range db.counts {
			if n > 0 {
				db.Types[rdb.Type(t).Object().String()] += n
				db.Encodings[rdb.Type(t).String()] += n
			}
		}
	}
	r.Version, r.Valkey, r.Bytes, r.Empty = d.Version(), d.Valkey(), c.s.Offset(), int64(c.s.EmptyKeys())
	switch sum := d.Checksum(); {
	case sum.Checked:
		r.Checksum = SumGood
	case sum.Present && sum.Stored == 0:
		r.Checksum = SumDisabled
	case sum.Present && r.Faults > 0 && c.resumed():
		r.Checksum = SumSkipped
	case sum.Present:
		r.Checksum = SumWrong
	case c.s.Whole():
		r.Checksum = SumNone
	}
	if r.Empty > 0 {
		c.warn(-1, "%d keys hold empty collections; a loading server leaves them out", r.Empty)
	}
	if r.Faults == 0 {
		c.counts()
	}
}

// resumed says that the end was read by a decoder that had not seen the beginning.
func (c *checker) resumed() bool { return c.s.Decoder().Resumed() }

// counts compares what was announced with what was there.
func (c *checker) counts() {
	for _, d := range c.r.Databases {
		if d.announced < 0 || c.r.Empty > 0 {
			continue
		}
		if d.announced != d.Keys || d.announcedExpires != d.Expires {
			c.warn(-1, "db %d: RESIZEDB announces %d keys, %d of which expire; there are %d, %d of which expire",
				d.DB, d.announced, d.announcedExpires, d.Keys, d.Expires)
		}
	}
}
