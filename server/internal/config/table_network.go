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
		boolean(&c.IOThreadsDoReads, "io-threads-do-reads", false, "accepted for compatibility, like io-threads").with(immutable),
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

// tls directives: encrypted connections.
func tlsDirectives(c *Config) []*Directive {
	return []*Directive{
		integer(&c.TLSPort, "tls-port", 0, 0, 65535, "TCP port for clients with TLS; 0 opens none"),
		text(&c.TLSCertFile, "tls-cert-file", "", "certificate of the server, PEM"),
		text(&c.TLSKeyFile, "tls-key-file", "", "private key of the server, PEM"),
		text(&c.TLSKeyFilePass, "tls-key-file-pass", "", "passphrase of the private key"),
		text(&c.TLSClientCertFile, "tls-client-cert-file", "", "certificate for outgoing connections; empty uses the server's"),
		text(&c.TLSClientKeyFile, "tls-client-key-file", "", "private key for outgoing connections"),
		text(&c.TLSClientKeyFilePass, "tls-client-key-file-pass", "", "passphrase of that key"),
		text(&c.TLSDHParamsFile, "tls-dh-params-file", "", "accepted for compatibility: no finite field exchange is offered"),
		text(&c.TLSCACertFile, "tls-ca-cert-file", "", "authorities that peers are checked against, PEM"),
		text(&c.TLSCACertDir, "tls-ca-cert-dir", "", "folder of such authorities"),
		enum(&c.TLSAuthClients, "tls-auth-clients", "yes", "no yes optional", "whether clients need a certificate"),
		boolean(&c.TLSReplication, "tls-replication", false, "use TLS on the link to the master"),
		boolean(&c.TLSCluster, "tls-cluster", false, "use TLS between nodes of a cluster"),
		text(&c.TLSProtocols, "tls-protocols", "", "versions to offer, such as TLSv1.2 TLSv1.3"),
		text(&c.TLSCiphers, "tls-ciphers", "", "ciphers to offer up to TLS 1.2"),
		text(&c.TLSCiphersuites, "tls-ciphersuites", "", "ciphers to offer in TLS 1.3"),
		boolean(&c.TLSPreferServerCiphers, "tls-prefer-server-ciphers", false, "the server's order of ciphers counts"),
		boolean(&c.TLSSessionCaching, "tls-session-caching", true, "let clients resume sessions"),
		integer(&c.TLSSessionCacheSize, "tls-session-cache-size", 20480, 0, 1<<31-1, "sessions to remember; 0 is no limit"),
		integer(&c.TLSSessionCacheTimeout, "tls-session-cache-timeout", 300, 0, 1<<31-1, "seconds for which a session may be resumed"),
	}
}
