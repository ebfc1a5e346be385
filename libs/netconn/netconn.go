// Package netconn opens the sockets of the programs: listeners on several addresses with the syntax and the rules of
// Redis's bind directive, Unix sockets with permissions, and outgoing connections from a chosen source address. The event
// loop that drives them is package loop.
package netconn
