package config

import "math"

// network directives: listening and connections.
func networkDirectives(c *Config) []*Directive {
	return []*Directive{
		words(&c.Bind, "bind", []string{"*", "-::*"}, 16, "addresses to listen on; a leading - makes one optional"),
		integer(&c.Port, "port", 6379, 0, 65535, "TCP port for clients without TLS; 0 opens none"),
		boolean(&c.ProtectedMode, "protected-mode", true, "refuse remote clients while no password is set"),
		integer(&c.TCPBacklog, "tcp-backlog", 511, 0, 1<<31-1, "connections that may wait to be accepted").with(immutable),
		text(&c.UnixSocket, "unixsocket", "", "path of a Unix socket for clients").with(immutable),
		octal(&c.UnixSocketPerm, "unixsocketperm", 0, "access rights of the Unix socket, in octal; 0 leaves them to the umask").with(immutable),
		integer(&c.Timeout, "timeout", 0, 0, 1<<31-1, "seconds after which an idle client is closed; 0 never"),
		integer(&c.TCPKeepalive, "tcp-keepalive", 300, 0, 1<<31-1, "seconds between probes on idle connections; 0 sends none"),
		text(&c.BindSourceAddr, "bind-source-addr", "", "local address of outgoing connections"),
		integer(&c.SocketMarkID, "socket-mark-id", 0, 0, 1<<32-1, "mark of the sockets, for packet filters (SO_MARK)").with(immutable),
		enum(&c.IOBackend, "io-backend", "auto", "auto uring epoll portable", "how sockets are read and written from the next start on: the best that the kernel grants, or one by name"),
		integer(&c.IOThreads, "io-threads", 1, 1, 128, "accepted for compatibility: the event loop needs no helper threads").with(immutable),
		boolean(&c.IOThreadsDoReads, "io-threads-do-reads", false, "accepted for compatibility: the event loop needs no helper threads").with(immutable),
	}
}

// client directives: limits of clients.
func clientDirectives(c *Config) []*Directive {
	return []*Directive{
		integer(&c.MaxClients, "maxclients", 10000, 1, 1<<32-1, "clients that may be connected at once"),
		memory(&c.ClientQueryBufferLimit, "client-query-buffer-limit", 1<<30, 1<<20, "bytes of unfinished requests that a client may have pending"),
		outputLimits(&c.ClientOutputBufferLimit, "client-output-buffer-limit", "pending replies at which a client of a class is closed: class, hard limit, soft limit, seconds"),
		memory(&c.ProtoMaxBulkLen, "proto-max-bulk-len", 512<<20, 1<<20, "bytes of the longest argument"),
		percentOrMemory(&c.MaxMemoryClients, "maxmemory-clients", 0, "memory of all clients together, in bytes or percent of maxmemory; 0 is no limit"),
		integer(&c.TrackingTableMaxKeys, "tracking-table-max-keys", 1000000, 0, math.MaxInt64, "keys that client side caching remembers"),
	}
}
