package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// report is what a check found, in the form that --json prints.
type report struct {
	File      string      `json:"file"`
	OK        bool        `json:"ok"`
	Version   int         `json:"version"`
	Bytes     int64       `json:"bytes"`    // up to the end of the RDB data
	Checksum  string      `json:"checksum"` // one of the words below
	Aux       []aux       `json:"aux"`
	Databases []*database `json:"databases"`
	Functions int         `json:"functions"`
	ModuleAux int         `json:"module_aux"`
	Warnings  []string    `json:"warnings,omitempty"`
	Fault     *fault      `json:"fault,omitempty"`

	err *rdb.SyntaxError // behind Fault
}

const (
	sumGood     = "ok"
	sumNone     = "none"         // versions below 5
	sumDisabled = "not computed" // by the writer
	sumUnknown  = "not reached"
	sumWrong    = "wrong"
)

type aux struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type database struct {
	DB        int            `json:"db"`
	Keys      int64          `json:"keys"`
	Expires   int64          `json:"expires"` // keys with an expire time
	Expired   int64          `json:"expired"` // of which it has passed
	Types     map[string]int `json:"types"`
	Encodings map[string]int `json:"encodings"`
}

type fault struct {
	Offset    int64  `json:"offset"`
	Operation string `json:"operation"`
	DB        int    `json:"db"`
	Key       string `json:"key,omitempty"`
	Type      string `json:"type,omitempty"`
	Reason    string `json:"reason"`
}

// total sums over the databases.
func (r *report) total() (keys, expires, expired int64) {
	for _, d := range r.Databases {
		keys, expires, expired = keys+d.Keys, expires+d.Expires, expired+d.Expired
	}
	return keys, expires, expired
}

// scan reads everything. Broken bytes are a finding, not an error; a reader that fails is an error. see, if not nil, is
// shown every record and the offset behind it.
func scan(in io.Reader, see func(it *rdb.Item, offset int64)) (*report, error) {
	watched := &failure{r: in}
	d := rdb.NewDecoder(watched, rdb.DecodeOptions{Deep: true, Duplicates: true, BufferSize: 1 << 20})
	r := &report{Checksum: sumUnknown, Aux: []aux{}, Databases: []*database{}}
	now := time.Now().UnixMilli()
	for {
		it, err := d.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = readThrough(&it.Value) // a key counts when all of it was there
		}
		if watched.err != nil {
			return nil, watched.err
		}
		if err != nil {
			r.finish(d)
			return r, r.blame(err)
		}
		if see != nil {
			see(it, d.Offset())
		}
		r.count(it, now)
	}
	r.OK = true
	r.finish(d)
	return r, r.trailing(d.Rest())
}

// readThrough reads the elements that Next leaves to its caller.
func readThrough(v *rdb.Value) error {
	for e := (rdb.Elem{}); v.Kind == rdb.KindElements || v.Kind == rdb.KindNodes; {
		ok, err := v.NextElem(&e)
		if err != nil || !ok {
			return err
		}
	}
	return nil
}

// failure remembers that the input, not its content, was at fault.
type failure struct {
	r   io.Reader
	err error
}

func (f *failure) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

func (r *report) count(it *rdb.Item, now int64) {
	switch it.Op {
	case rdb.OpAux:
		r.Aux = append(r.Aux, aux{printable(it.Key), printable(it.Value.Str)})
	case rdb.OpFunction:
		r.Functions++
	case rdb.OpFunctionPreGA:
		r.Functions++
		r.warn("function %s is in the format of a release candidate of 7.0, which servers refuse", printable(it.Key))
	case rdb.OpModuleAux:
		r.ModuleAux++
	case rdb.OpKey:
		d := r.database(it.DB)
		d.Keys++
		d.Types[it.Value.Type.Object().String()]++
		d.Encodings[it.Value.Type.String()]++
		if it.ExpireMs >= 0 {
			d.Expires++
			if it.ExpireMs < now {
				d.Expired++
			}
		}
	}
}

func (r *report) database(n int) *database {
	// Keys of one database follow each other.
	if k := len(r.Databases); k > 0 && r.Databases[k-1].DB == n {
		return r.Databases[k-1]
	}
	for _, d := range r.Databases {
		if d.DB == n {
			return d
		}
	}
	d := &database{DB: n, Types: map[string]int{}, Encodings: map[string]int{}}
	r.Databases = append(r.Databases, d)
	return d
}

func (r *report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func (r *report) finish(d *rdb.Decoder) {
	r.Version, r.Bytes = d.Version(), d.Offset()
	if n := d.EmptyKeys(); n > 0 {
		r.warn("%d keys hold empty collections; a loading server leaves them out", n)
	}
	switch sum := d.Checksum(); {
	case sum.Checked:
		r.Checksum = sumGood
	case sum.Present && sum.Stored == 0:
		r.Checksum = sumDisabled
	case sum.Present:
		r.Checksum = sumWrong
	case r.OK:
		r.Checksum = sumNone
	}
}

// blame turns an error of the decoder into a finding.
func (r *report) blame(err error) error {
	if !errors.As(err, &r.err) {
		return err
	}
	e := r.err
	r.Fault = &fault{Offset: e.Offset, Operation: e.Op, DB: e.DB, Reason: e.Err.Error()}
	if errors.Is(e.Err, io.ErrUnexpectedEOF) {
		r.Fault.Reason = "the input ends here"
	}
	if e.Key != nil {
		r.Fault.Key, r.Fault.Type = printable(e.Key), e.Type.String()
	}
	return nil
}

// trailing looks at what follows the RDB data: nothing, the commands of an AOF, or something that does not belong there.
func (r *report) trailing(rest io.Reader) error {
	first := make([]byte, 1)
	if _, err := io.ReadFull(rest, first); err != nil {
		if err == io.EOF {
			return nil
		}
		return err
	}
	n, err := io.Copy(io.Discard, rest)
	if err != nil {
		return err
	}
	if first[0] == '*' || first[0] == '#' {
		r.warn("%d bytes follow the RDB data: the commands of an AOF, which are not checked", n+1)
	} else {
		r.warn("%d bytes follow the end of the RDB data", n+1)
	}
	return nil
}
