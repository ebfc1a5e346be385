// Package strings is the string family: SET to LCS. The bit commands, which also work on strings, are a family of their own.
package strings

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// fail answers with the error of a store operation, all of which have Redis's texts.
func fail(c *command.Ctx, err error) { c.Fail(err.Error()) }

// reply answers with the string at key, or null. It returns false after an error.
func reply(c *command.Ctx, key []byte) bool {
	v, ok, err := c.DB.GetString(key, c.Now)
	switch {
	case err != nil:
		fail(c, err)
		return false
	case !ok:
		c.Reply.Null()
	default:
		c.Reply.Bulk(v)
	}
	return true
}
