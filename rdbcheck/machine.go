package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"github.com/lockstep-db/lockstep/rdbcheck/check"
)

// mostListed is how many findings the JSON of a file lists; all are counted.
const mostListed = 10_000

// jsonPrinter writes an object a file.
type jsonPrinter struct {
	w      io.Writer
	quiet  bool
	faults []jsonFinding
	warns  []jsonFinding
}

type jsonFinding struct {
	File      string   `json:"file,omitempty"` // when it is not that of the object
	Offset    int64    `json:"offset"`         // -1: none
	Record    int64    `json:"record"`
	Resume    int64    `json:"resume"`
	Operation string   `json:"operation,omitempty"`
	DB        *int     `json:"db,omitempty"`
	Key       *string  `json:"key,omitempty"`
	Type      string   `json:"type,omitempty"`
	Reason    string   `json:"reason"`
	Notes     []string `json:"notes,omitempty"`
}

type jsonReport struct {
	File      string         `json:"file"`
	OK        bool           `json:"ok"`
	Kind      string         `json:"kind"`
	Version   int            `json:"version"`
	Valkey    bool           `json:"valkey,omitempty"`
	Bytes     int64          `json:"bytes"`
	Checksum  string         `json:"checksum,omitempty"`
	Aux       []jsonAux      `json:"aux"`
	Databases []jsonDatabase `json:"databases"`
	Functions int64          `json:"functions"`
	ModuleAux int64          `json:"module_aux"`
	Empty     int64          `json:"empty_keys"`
	Commands  *jsonCommands  `json:"commands,omitempty"`
	Faults    int64          `json:"fault_count"`
	Warnings  int64          `json:"warning_count"`
	FaultList []jsonFinding  `json:"faults"`
	WarnList  []jsonFinding  `json:"warnings"`
}

type jsonAux struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type jsonDatabase struct {
	DB        int              `json:"db"`
	Keys      int64            `json:"keys"`
	Expires   int64            `json:"expires"`
	Expired   int64            `json:"expired"`
	Types     map[string]int64 `json:"types"`
	Encodings map[string]int64 `json:"encodings"`
}

func (j *jsonPrinter) finding(file string, f *check.Finding) {
	list := &j.faults
	if f.Severity == check.Warning {
		list = &j.warns
	}
	if len(*list) == mostListed {
		return
	}
	n := jsonFinding{File: file, Offset: f.Offset, Record: f.Record, Resume: f.Resume, Operation: f.Op, Reason: f.Reason, Notes: f.Notes}
	if f.InKey {
		key := printable(f.Key)
		n.DB, n.Key, n.Type = &f.DB, &key, f.Type
	}
	*list = append(*list, n)
}

func (j *jsonPrinter) end(file string, r *check.Report) error {
	out := jsonReport{
		File: file, OK: r.Faults == 0, Kind: r.Kind, Version: r.Version, Valkey: r.Valkey, Bytes: r.Bytes, Checksum: r.Checksum,
		Aux: []jsonAux{}, Databases: []jsonDatabase{}, Functions: r.Functions, ModuleAux: r.ModuleAux, Empty: r.Empty,
		Commands: newJSONCommands(r.Commands), Faults: r.Faults, Warnings: r.Warnings,
		FaultList: without(file, j.faults), WarnList: without(file, j.warns),
	}
	for _, a := range r.Aux {
		out.Aux = append(out.Aux, jsonAux{printable([]byte(a.Name)), printable([]byte(a.Value))})
	}
	for _, d := range r.Databases {
		out.Databases = append(out.Databases, jsonDatabase{d.DB, d.Keys, d.Expires, d.Expired, d.Types, d.Encodings})
	}
	j.faults, j.warns = nil, nil
	if j.quiet && r.Faults == 0 && r.Warnings == 0 {
		return nil
	}
	return writeJSON(j.w, out)
}

// without leaves the name of the object's own file out.
func without(file string, list []jsonFinding) []jsonFinding {
	for i := range list {
		if list[i].File == file {
			list[i].File = ""
		}
	}
	if list == nil {
		return []jsonFinding{}
	}
	return list
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// csvPrinter writes a line a finding, and one that says ok for a file without any.
type csvPrinter struct {
	w     *csv.Writer
	quiet bool
}

func newCSVPrinter(w io.Writer, quiet bool) *csvPrinter {
	c := &csvPrinter{csv.NewWriter(w), quiet}
	c.w.Write([]string{"file", "severity", "offset", "record", "resume", "operation", "db", "key", "type", "reason"})
	return c
}

func (c *csvPrinter) finding(file string, f *check.Finding) {
	row := []string{file, f.Severity.String(), place(f.Offset), place(f.Record), place(f.Resume), f.Op, "", "", "", f.Reason}
	if f.InKey {
		row[6], row[7], row[8] = strconv.Itoa(f.DB), printable(f.Key), f.Type
	}
	c.w.Write(row)
}

// place leaves out what is in no place.
func place(offset int64) string {
	if offset < 0 {
		return ""
	}
	return strconv.FormatInt(offset, 10)
}

func (c *csvPrinter) end(file string, r *check.Report) error {
	if !c.quiet && r.Faults == 0 && r.Warnings == 0 {
		c.w.Write([]string{file, "ok", "", "", "", "", "", "", "", ""})
	}
	c.w.Flush()
	return c.w.Error()
}
