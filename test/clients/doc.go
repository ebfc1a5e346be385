// Package clients lets the clients that people use work unmodified against our server, and beside it against Debian's redis-server 7.0, which
// shows that what they expect is right.
//
//	record_test.go    runs calls of go-redis in every way that it can send them, and compares what it made of the replies
//	types_test.go     the calls: strings to streams
//	server_test.go    the calls: keys, scripts, users, the server itself
//	live_test.go      what is more than a call: subscriptions, optimistic locks, iterators, its cache, failover by Sentinel
//	node_test.go      runs the tests of node, of the npm packages ioredis and redis
//	debian_test.go    redis-cli and redis-benchmark
package clients
