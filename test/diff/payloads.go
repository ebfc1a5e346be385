package diff

import "strings"

// The calls that need what a server said before: serialized values, whole or damaged, of both servers.

// payload is a serialized value that a DUMP returned during the run, or something that looks like one.
func (g *generator) payload(of []string) string {
	if len(of) == 0 || g.IntN(12) == 0 {
		return pick(g, "", "x", "\x00\xc0\x01\x0a\x00\x01\x02\x03\x04\x05\x06\x07\x08")
	}
	p := of[g.IntN(len(of))]
	if g.IntN(8) == 0 && p != "" { // the checksum does not fit any more
		b := []byte(p)
		b[g.IntN(len(b))] ^= 1 << g.IntN(8)
		p = string(b)
	}
	return p
}

// keep remembers a payload.
func (g *generator) keep(name, payload string) {
	const enough = 50
	of := &g.dumps
	if strings.EqualFold(name, "function") {
		of = &g.functions
	}
	if payload == "" {
		return
	}
	if len(*of) < enough {
		*of = append(*of, payload)
		return
	}
	(*of)[g.IntN(enough)] = payload
}

func restore(g *generator, c *command) []string {
	call := append(g.words(c), g.key(), pick(g, "0", "0", "100000000", "5000000000000", "-1", "x"), g.payload(g.dumps))
	for _, option := range [][]string{{"REPLACE"}, {"ABSTTL"}, {"IDLETIME", pick(g, "0", "1000", "-1", "x")}, {"FREQ", pick(g, "0", "255", "256", "x")}, {"nosuch"}} {
		if g.IntN(4) == 0 && (option[0] != "nosuch" || g.IntN(5) == 0) {
			call = append(call, option...)
		}
	}
	return call
}

func restoreFunctions(g *generator, c *command) []string {
	call := append(g.words(c), g.payload(g.functions))
	if g.IntN(2) == 0 {
		call = append(call, pick(g, "FLUSH", "APPEND", "REPLACE", "nosuch"))
	}
	return call
}

// missingDatabase is one that servers do not have.
const missingDatabase = "99"

// migrate sends keys to database 9 of the other server. Both send the same keys, so that both hold the same afterwards.
func migrate(g *generator, c *command) []string {
	key := pick(g, g.key(), g.key(), "")
	call := append(g.words(c), "127.0.0.1", pick(g, otherPort, otherPort, otherPort, "2", "x"), key, pick(g, "9", "9", "9", "9", "x", missingDatabase), pick(g, "20000", "20000", "20000", "x"))
	for _, option := range []string{"COPY", "REPLACE"} {
		if g.IntN(2) == 0 {
			call = append(call, option)
		}
	}
	if g.IntN(8) == 0 {
		call = append(call, pick(g, []string{"AUTH", "secret"}, []string{"AUTH2", "nosuch", "secret"}, []string{"AUTH"}, []string{"nosuch"})...)
	}
	if key == "" || g.IntN(10) == 0 {
		call = append(call, "KEYS", g.key(), g.key())
	}
	return call
}

// iterate begins at the start, mostly.
func iterate(g *generator, c *command) []string {
	call := g.any(c)
	at := len(c.words)
	if strings.ToLower(call[0]) != "scan" {
		at++
	}
	if at < len(call) && g.IntN(10) != 0 {
		call[at] = "0"
	}
	return call
}
