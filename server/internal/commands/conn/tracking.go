package conn

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Tracking is client-side caching, which the hub (server/internal/pubsub) keeps.
type Tracking interface {
	Track(s *session.Session, t session.Track)
	Untrack(s *session.Session)
}

// tracking is CLIENT TRACKING.
func (f family) tracking(c *command.Ctx) {
	s := of(c)
	t, errText := f.parseTracking(c.Args[3:])
	if errText != "" {
		c.Fail(errText)
		return
	}
	switch {
	case command.Is(c.Args[2], "ON"):
		if errText := refuseTracking(s.Track, &t); errText != "" {
			c.Fail(errText)
			return
		}
		f.t.Track(s, t)
	case command.Is(c.Args[2], "OFF"):
		f.t.Untrack(s)
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	c.Reply.OK()
}

func (f family) parseTracking(args [][]byte) (t session.Track, errText string) {
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch {
		case command.Is(args[i], "REDIRECT") && more:
			i++
			if t.Redirect != 0 {
				return t, "ERR A client can only redirect to a single other client"
			}
			id, ok := command.ParseInt(args[i])
			if !ok {
				return t, command.ErrNotInteger
			}
			if f.h.Client(id) == nil {
				return t, "ERR The client ID you want redirect to does not exist"
			}
			t.Redirect = id
		case command.Is(args[i], "BCAST"):
			t.Bcast = true
		case command.Is(args[i], "OPTIN"):
			t.OptIn = true
		case command.Is(args[i], "OPTOUT"):
			t.OptOut = true
		case command.Is(args[i], "NOLOOP"):
			t.NoLoop = true
		case command.Is(args[i], "PREFIX") && more:
			i++
			t.Prefixes = append(t.Prefixes, string(args[i]))
		default:
			return t, command.ErrSyntax
		}
	}
	return t, ""
}

// refuseTracking says why options cannot be had: in themselves, or as a change of what the client has now (nil: nothing).
func refuseTracking(now, t *session.Track) (errText string) {
	switch {
	case !t.Bcast && len(t.Prefixes) > 0:
		return "ERR PREFIX option requires BCAST mode to be enabled"
	case now != nil && now.Bcast != t.Bcast:
		return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	case t.Bcast && (t.OptIn || t.OptOut):
		return "ERR OPTIN and OPTOUT are not compatible with BCAST"
	case t.OptIn && t.OptOut:
		return "ERR You can't specify both OPTIN mode and OPTOUT mode"
	case now != nil && (t.OptIn && now.OptOut || t.OptOut && now.OptIn):
		return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
	case t.Bcast:
		return overlap(now, t.Prefixes)
	}
	return ""
}

// overlap finds prefixes of one client that would tell it of the same key twice.
func overlap(now *session.Track, prefixes []string) (errText string) {
	both := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	for i, p := range prefixes {
		if now != nil {
			for _, old := range now.Prefixes {
				if both(p, old) {
					return "ERR Prefix '" + p + "' overlaps with an existing prefix '" + old + "'. Prefixes for a single client must not overlap."
				}
			}
		}
		for _, other := range prefixes[i+1:] {
			if both(p, other) {
				return "ERR Prefix '" + p + "' overlaps with another provided prefix '" + other + "'. Prefixes for a single client must not overlap."
			}
		}
	}
	return ""
}

// caching is CLIENT CACHING.
func (f family) caching(c *command.Ctx) {
	t := of(c).Track
	if t == nil {
		c.Fail("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
		return
	}
	switch {
	case command.Is(c.Args[2], "YES") && !t.OptIn:
		c.Fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
		return
	case command.Is(c.Args[2], "NO") && !t.OptOut:
		c.Fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
		return
	case command.Is(c.Args[2], "YES"), command.Is(c.Args[2], "NO"):
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	t.Caching = true
	c.Reply.OK()
}

// redirect is where the invalidations of a client go: -1 without client-side caching, 0 to itself.
func redirect(s *session.Session) int64 {
	if s.Track == nil {
		return -1
	}
	return s.Track.Redirect
}

// trackingInfo is CLIENT TRACKINGINFO.
func (f family) trackingInfo(c *command.Ctx) {
	s, w := of(c), c.Reply
	flags, prefixes := []string{"off"}, []string(nil)
	if t := s.Track; t != nil {
		flags, prefixes = trackingFlags(t), t.Prefixes
	}
	w.Map(3)
	w.BulkString("flags")
	w.Set(len(flags))
	for _, n := range flags {
		w.BulkString(n)
	}
	w.BulkString("redirect")
	w.Int(redirect(s))
	w.BulkString("prefixes")
	w.Array(len(prefixes))
	for _, p := range prefixes {
		w.BulkString(p)
	}
}

func trackingFlags(t *session.Track) []string {
	flags := []string{"on"}
	add := func(on bool, name string) {
		if on {
			flags = append(flags, name)
		}
	}
	add(t.Bcast, "bcast")
	add(t.OptIn, "optin")
	add(t.OptIn && t.Caching, "caching-yes")
	add(t.OptOut, "optout")
	add(t.OptOut && t.Caching, "caching-no")
	add(t.NoLoop, "noloop")
	add(t.Broken, "broken_redirect")
	return flags
}

// trackingSpecs declares the subcommands of CLIENT about client-side caching.
func (f family) trackingSpecs() []*command.Spec {
	word := func(name string) command.Arg {
		a := tokens(name)[0]
		a.Optional = true
		return a
	}
	tracking := sub("tracking", -3, "6.0.0", "Switches client-side caching on and off", 0, f.tracking,
		command.Arg{Name: "status", Type: "oneof", Args: tokens("on", "off")},
		command.Arg{Name: "client-id", Type: "integer", Token: "REDIRECT", Optional: true},
		command.Arg{Name: "prefix", Type: "string", Token: "PREFIX", Optional: true, Multiple: true, MultiTok: true},
		word("bcast"), word("optin"), word("optout"), word("noloop"))
	tracking.Complexity = "O(1); with prefixes O(N), N prefixes"
	return []*command.Spec{
		sub("caching", 3, "6.0.0", "Says whether the keys of the next command are cached", 0, f.caching,
			command.Arg{Name: "mode", Type: "oneof", Args: tokens("yes", "no")}),
		sub("getredir", 2, "6.0.0", "Answers the ID of the client that gets this one's invalidations", 0,
			func(c *command.Ctx) { c.Reply.Int(redirect(of(c))) }),
		tracking,
		sub("trackinginfo", 2, "6.2.0", "Describes the client-side caching of this connection", 0, f.trackingInfo),
	}
}
