package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// form says which of the searching commands runs: where its arguments are and which options it takes.
type form struct {
	source     int  // index of the key
	options    int  // index of the first option
	fromMember bool // GEORADIUSBYMEMBER
	search     bool // GEOSEARCH and GEOSEARCHSTORE: middle and shape are options
	store      bool // takes STORE and STOREDIST (GEORADIUS), or stores anyway (GEOSEARCHSTORE)
}

var (
	formRadius         = form{source: 1, options: 6, store: true}
	formRadiusRO       = form{source: 1, options: 6}
	formMember         = form{source: 1, options: 5, fromMember: true, store: true}
	formMemberRO       = form{source: 1, options: 5, fromMember: true}
	formGeoSearch      = form{source: 1, options: 2, search: true}
	formGeoSearchStore = form{source: 2, options: 3, search: true, store: true}
)

type order uint8

const (
	asFound order = iota
	ascending
	descending
)

// query is what a searching command asks for.
type query struct {
	form
	shape
	set   store.ZSetView
	found bool // the key is there

	hasMiddle, hasShape          bool
	middleIsMember               bool
	withDist, withHash, withCoor bool
	any                          bool
	count                        int64 // 0: all
	order                        order
	target                       []byte // key to store the result in, nil for none
	storeDist                    bool
}

// parseQuery reads the arguments, with the error reply. Redis looks at the key and the member first, and so do we: it decides which of
// several errors is told.
func parseQuery(c *command.Ctx, f form) (q query, ok bool) {
	q.form = f
	var err error
	if q.set, q.found, err = c.DB.ReadZSet(c.Args[f.source], c.Now); err != nil {
		c.Fail(command.ErrWrongType)
		return q, false
	}
	if f.search && f.store {
		q.target = c.Args[1]
	}
	if !q.parseFixed(c) {
		return q, false
	}
	for args := c.Args[f.options:]; len(args) > 0; {
		n, ok := q.parseOption(c, args)
		if !ok {
			return q, false
		}
		args = args[n:]
	}
	if msg := q.problem(string(c.Args[0])); msg != "" {
		c.Fail(msg)
		return q, false
	}
	if q.count > 0 && q.order == asFound && !q.any {
		q.order = ascending // the nearest ones
	}
	return q, true
}

// parseFixed reads middle and radius of GEORADIUS and GEORADIUSBYMEMBER.
func (q *query) parseFixed(c *command.Ctx) bool {
	switch {
	case q.search, q.fromMember && !q.found:
		return true
	case q.fromMember:
		return q.parseMember(c, c.Args[2]) && q.parseRadius(c, c.Args[3], c.Args[4])
	default:
		var ok bool
		q.center, ok = parsePoint(c, c.Args[2], c.Args[3])
		return ok && q.parseRadius(c, c.Args[4], c.Args[5])
	}
}

// parseOption reads one option and returns how many arguments it takes.
func (q *query) parseOption(c *command.Ctx, args [][]byte) (n int, ok bool) {
	if n, ok, is := q.parsePlace(c, args); is {
		return n, ok
	}
	has := func(word string, values int) bool { return command.Is(args[0], word) && len(args) > values }
	switch {
	case has("WITHDIST", 0):
		q.withDist = true
	case has("WITHHASH", 0):
		q.withHash = true
	case has("WITHCOORD", 0):
		q.withCoor = true
	case has("ANY", 0):
		q.any = true
	case has("ASC", 0):
		q.order = ascending
	case has("DESC", 0):
		q.order = descending
	case has("COUNT", 1):
		return 2, q.parseCount(c, args[1])
	case has("STORE", 1) && q.store && !q.search:
		q.target, q.storeDist = args[1], false
		return 2, true
	case has("STOREDIST", 1) && q.store && !q.search:
		q.target, q.storeDist = args[1], true
		return 2, true
	case has("STOREDIST", 0) && q.store && q.search:
		q.storeDist = true
	default:
		c.Fail(command.ErrSyntax)
		return 0, false
	}
	return 1, true
}

// parsePlace reads the options of GEOSEARCH that say where; is tells whether it was one.
func (q *query) parsePlace(c *command.Ctx, args [][]byte) (n int, ok, is bool) {
	if !q.search {
		return 0, false, false
	}
	has := func(word string, values int) bool { return command.Is(args[0], word) && len(args) > values }
	switch {
	case has("FROMMEMBER", 1) && (!q.hasMiddle || q.middleIsMember):
		n, ok = 2, !q.found || q.parseMember(c, args[1])
		q.hasMiddle, q.middleIsMember = true, true
	case has("FROMLONLAT", 2) && (!q.hasMiddle || !q.middleIsMember):
		n, q.hasMiddle = 3, true
		q.center, ok = parsePoint(c, args[1], args[2])
	case has("BYRADIUS", 2) && (!q.hasShape || !q.box):
		n, ok = 3, q.parseRadius(c, args[1], args[2])
		q.hasShape = true
	case has("BYBOX", 3) && (!q.hasShape || q.box):
		n, ok = 4, q.parseBox(c, args[1], args[2], args[3])
		q.hasShape, q.box = true, true
	default:
		return 0, false, false
	}
	return n, ok, true
}

// problem returns the error of options that do not go together.
func (q *query) problem(name string) string {
	switch {
	case q.target != nil && (q.withDist || q.withHash || q.withCoor):
		what := "STORE option in GEORADIUS"
		if q.search {
			what = "GEOSEARCHSTORE"
		}
		return "ERR " + what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
	case q.search && !q.hasMiddle:
		return "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name
	case q.search && !q.hasShape:
		return "ERR exactly one of BYRADIUS and BYBOX can be specified for " + name
	case q.any && q.count == 0:
		return "ERR the ANY argument requires COUNT argument"
	}
	return ""
}

func (q *query) parseMember(c *command.Ctx, member []byte) bool {
	score, ok := q.set.Score(member)
	if !ok {
		c.Fail("ERR could not decode requested zset member")
		return false
	}
	q.center = pointOf(score)
	return true
}

func (q *query) parseCount(c *command.Ctx, arg []byte) (ok bool) {
	if q.count, ok = command.ParseInt(arg); !ok {
		c.Fail(command.ErrNotInteger)
	} else if q.count <= 0 {
		c.Fail("ERR COUNT must be > 0")
		ok = false
	}
	return ok
}

func (q *query) parseRadius(c *command.Ctx, radius, unit []byte) (ok bool) {
	if q.radius, ok = command.ParseFloat(radius); !ok {
		c.Fail("ERR need numeric radius")
		return false
	}
	if q.radius < 0 {
		c.Fail("ERR radius cannot be negative")
		return false
	}
	q.unit, ok = parseUnit(c, unit)
	return ok
}

func (q *query) parseBox(c *command.Ctx, width, height, unit []byte) (ok bool) {
	if q.width, ok = command.ParseFloat(width); !ok {
		c.Fail("ERR need numeric width")
		return false
	}
	if q.height, ok = command.ParseFloat(height); !ok {
		c.Fail("ERR need numeric height")
		return false
	}
	if q.width < 0 || q.height < 0 {
		c.Fail("ERR height or width cannot be negative")
		return false
	}
	q.unit, ok = parseUnit(c, unit)
	return ok
}

// parseUnit returns the metres of a unit.
func parseUnit(c *command.Ctx, arg []byte) (metres float64, ok bool) {
	switch {
	case command.Is(arg, "M"):
		return 1, true
	case command.Is(arg, "KM"):
		return 1000, true
	case command.Is(arg, "FT"):
		return 0.3048, true
	case command.Is(arg, "MI"):
		return 1609.34, true
	}
	c.Fail("ERR unsupported unit provided. please use M, KM, FT, MI")
	return 0, false
}

// decimal is C's %f.
func decimal(f float64) string {
	if math.IsInf(f, 0) {
		return strings.TrimPrefix(strings.ToLower(fmt.Sprint(f)), "+")
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

func parsePoint(c *command.Ctx, longitude, latitude []byte) (p point, ok bool) {
	if p.longitude, ok = command.ParseFloat(longitude); ok {
		p.latitude, ok = command.ParseFloat(latitude)
	}
	if !ok {
		c.Fail(command.ErrNotFloat)
		return p, false
	}
	if !p.onMap() {
		c.Fail("ERR invalid longitude,latitude pair " + decimal(p.longitude) + "," + decimal(p.latitude))
		return p, false
	}
	return p, true
}
