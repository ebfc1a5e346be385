// Package pubsub delivers what the server says without being asked: messages of channels, keyspace events, and
// invalidations of keys that clients cache.
//
//	PUBLISH, SPUBLISH --+
//	                    +--> Hub: topic -> subscribers --> Session.Push --> the connection's output
//	changes of keys  ---+
//
// A message is encoded once, whatever the number of subscribers: RESP2 and RESP3 differ in its first byte only.
//
// Subscribers of a topic are called in the order in which they subscribed, channels before patterns, patterns in the order in
// which they were first subscribed to. All of it belongs to the engine's thread.
package pubsub
