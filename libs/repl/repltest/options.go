package repltest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// start starts a node by what a script says behind its name: its master, if any, and options.
func (n *Node) start(words []string) error {
	var master *Node
	if len(words) > 0 {
		if name, ok := strings.CutPrefix(words[0], "master="); ok {
			master = n.w.node(name)
			words = words[1:]
		}
	}
	if err := n.options(words); err != nil {
		return err
	}
	n.Start(master)
	return nil
}

// options changes the configuration of a node, whether it runs or not.
func (n *Node) options(words []string) error {
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		if err := n.cfg.set(name, value); err != nil {
			return fmt.Errorf("option %s: %w", word, err)
		}
	}
	n.configure()
	return nil
}

// set takes an option. One that is either on or off is on without a value, off with "no".
func (c *Config) set(name, value string) (err error) {
	number := func() int {
		var v int
		v, err = strconv.Atoi(value)
		return v
	}
	duration := func() time.Duration {
		var d time.Duration
		d, err = time.ParseDuration(value)
		return d
	}
	on := value != "no"
	switch name {
	case "backlog":
		c.Backlog = int64(number())
	case "diskless":
		c.Master.Diskless = on
	case "delay":
		c.Master.DisklessDelay = duration()
	case "maxreplicas":
		c.Master.DisklessMaxReplicas = number()
	case "ttl":
		c.Master.BacklogTTL = duration()
	case "timeout":
		c.Master.Timeout = duration()
	case "ping":
		c.Master.PingPeriod = duration()
	case "limit":
		c.Master.Output = repl.OutputLimit{Hard: int64(number()), Soft: int64(number()) * 2 / 5, SoftFor: time.Second}
	case "swapdb":
		c.SwapDB, c.Direct = on, on
	case "direct":
		c.Direct = on
	case "noeof":
		c.NoEOF = on
	case "fails":
		c.SnapshotFails = number()
	case "rate":
		c.ReadRate = number()
	default:
		return fmt.Errorf("there is none of this name")
	}
	return err
}

// configure makes a running process take its configuration.
func (n *Node) configure() {
	n.block = max(n.block, min(max(n.cfg.Backlog/16, repl.MinBlock), repl.MaxBlock))
	if l := n.life; l != nil {
		l.stream.Backlog().SetSize(n.cfg.Backlog)
		l.master.Configure(n.cfg.Master)
		l.link.Timeout = n.cfg.Master.Timeout
		l.note()
	}
}
