package command

// RedisVersion is the version of Redis whose behaviour we show to clients (decision 0008).
const RedisVersion = "7.0.15"

// Help writes the reply of a HELP subcommand: a title line, the given lines, and HELP itself.
func (c *Ctx) Help(name string, lines ...string) {
	c.Reply.Array(len(lines) + 3)
	c.Reply.SimpleString(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, l := range lines {
		c.Reply.SimpleString(l)
	}
	c.Reply.SimpleString("HELP")
	c.Reply.SimpleString("    Prints this help.")
}
