package config

import "math"

// general directives: the process.
func generalDirectives(c *Config) []*Directive {
	return []*Directive{
		boolean(&c.Daemonize, "daemonize", false, "run in the background").with(immutable),
		enum(&c.Supervised, "supervised", "no", "upstart systemd auto no", "tell a service manager when the server is ready").with(immutable),
		text(&c.PIDFile, "pidfile", "", "file for the process number").with(immutable),
		enum(&c.LogLevel, "loglevel", "notice", "debug verbose notice warning", "least severity of what is logged"),
		text(&c.LogFile, "logfile", "", "file of the log; empty logs to standard output").with(immutable),
		boolean(&c.SyslogEnabled, "syslog-enabled", false, "log to the system's log too").with(immutable),
		text(&c.SyslogIdent, "syslog-ident", "redis", "name in the system's log").with(immutable),
		enum(&c.SyslogFacility, "syslog-facility", "local0", "user local0 local1 local2 local3 local4 local5 local6 local7", "facility in the system's log").with(immutable),
		integer(&c.Databases, "databases", 16, 1, 1<<31-1, "number of databases").with(immutable),
		boolean(&c.AlwaysShowLogo, "always-show-logo", false, "accepted for compatibility: there is no logo").with(immutable),
		boolean(&c.SetProcTitle, "set-proc-title", true, "show what the process does in its title").with(immutable),
		checked(&c.ProcTitleTemplate, "proc-title-template", "{title} {listen-addr} {server-mode}", c.checkTitle, "text of the process title"),
		integer(&c.Hz, "hz", 10, 0, 1<<31-1, "background runs a second, from 1 to 500").clamp(1, 500),
		boolean(&c.DynamicHz, "dynamic-hz", true, "accepted for compatibility: every client is looked after once a second at any hz"),
		integer(&c.ShutdownTimeout, "shutdown-timeout", 10, 0, 1<<31-1, "seconds that a shutdown waits for replicas to catch up"),
		shutdownFlags(&c.ShutdownOnSigint, "shutdown-on-sigint", "what SIGINT does: default, or any of save, nosave, now, force"),
		shutdownFlags(&c.ShutdownOnSigterm, "shutdown-on-sigterm", "what SIGTERM does: default, or any of save, nosave, now, force"),
		boolean(&c.CrashLogEnabled, "crash-log-enabled", true, "log the state of the program when it crashes"),
		boolean(&c.CrashMemcheckEnabled, "crash-memcheck-enabled", true, "accepted for compatibility: a crash does not test the memory"),
		text(&c.ServerCPUList, "server_cpulist", "", "processors for the command thread").with(immutable),
		text(&c.BioCPUList, "bio_cpulist", "", "accepted for compatibility: goroutines have no threads of their own").with(immutable),
		text(&c.AOFRewriteCPUList, "aof_rewrite_cpulist", "", "accepted for compatibility: like bio_cpulist").with(immutable),
		text(&c.BgsaveCPUList, "bgsave_cpulist", "", "accepted for compatibility: like bio_cpulist").with(immutable),
		enum(&c.OOMScoreAdj, "oom-score-adj", "no", "no yes relative absolute", "tell the kernel whom to kill first when memory runs out"),
		oomValues(&c.OOMScoreAdjValues, "oom-score-adj-values", "scores of a master, a replica and a background process"),
		boolean(&c.DisableTHP, "disable-thp", true, "accepted for compatibility: huge pages do no harm without fork").with(immutable),
		text(&c.IgnoreWarnings, "ignore-warnings", "", "accepted for compatibility: no warning stops the start"),
	}
}

// security directives: access.
func securityDirectives(c *Config) []*Directive {
	return []*Directive{
		text(&c.RequirePass, "requirepass", "", "password of the default user").with(secret),
		text(&c.ACLFile, "aclfile", "", "file of the users").with(immutable),
		integer(&c.ACLLogMaxLen, "acllog-max-len", 128, 0, math.MaxInt64, "refused commands that ACL LOG remembers"),
		enum(&c.ACLPubSubDefault, "acl-pubsub-default", "resetchannels", "allchannels resetchannels", "channels of a new user"),
		enum(&c.EnableProtectedConfigs, "enable-protected-configs", "no", "no yes local", "who may change dir and dbfilename at run time").with(immutable),
		enum(&c.EnableDebugCommand, "enable-debug-command", "no", "no yes local", "who may call DEBUG").with(immutable),
		enum(&c.EnableModuleCommand, "enable-module-command", "no", "no yes local", "who may call MODULE").with(immutable),
	}
}
