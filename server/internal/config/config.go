package config

import (
	"strconv"
	"strings"
)

// Config holds the values of all directives. It belongs to the engine's thread
// once the server runs: whoever needs a value elsewhere is handed a copy.
type Config struct {
	// ConfigFile is the file that was read and that CONFIG REWRITE writes; empty
	// without one.
	ConfigFile string

	// Listening and connections.
	Bind             []string
	Port             int
	ProtectedMode    bool
	TCPBacklog       int
	UnixSocket       string
	UnixSocketPerm   int
	Timeout          int
	TCPKeepalive     int
	BindSourceAddr   string
	SocketMarkID     int
	IOBackend        string
	IOThreads        int
	IOThreadsDoReads bool

	// Limits of clients.
	MaxClients              int
	ClientQueryBufferLimit  int64
	ClientOutputBufferLimit OutputLimits
	ProtoMaxBulkLen         int64
	MaxMemoryClients        int64
	TrackingTableMaxKeys    int

	// The process.
	Daemonize            bool
	Supervised           string
	PIDFile              string
	LogLevel             string
	LogFile              string
	SyslogEnabled        bool
	SyslogIdent          string
	SyslogFacility       string
	Databases            int
	AlwaysShowLogo       bool
	SetProcTitle         bool
	ProcTitleTemplate    string
	Hz                   int
	DynamicHz            bool
	ShutdownTimeout      int
	ShutdownOnSigint     string
	ShutdownOnSigterm    string
	CrashLogEnabled      bool
	CrashMemcheckEnabled bool
	ServerCPUList        string
	BioCPUList           string
	AOFRewriteCPUList    string
	BgsaveCPUList        string
	OOMScoreAdj          string
	OOMScoreAdjValues    [3]int
	DisableTHP           bool
	IgnoreWarnings       string

	// Access.
	RequirePass            string
	ACLFile                string
	ACLLogMaxLen           int
	ACLPubSubDefault       string
	EnableProtectedConfigs string
	EnableDebugCommand     string
	EnableModuleCommand    string

	// Snapshots on disk.
	SavePoints              []SavePoint
	StopWritesOnBgsaveError bool
	RDBCompression          bool
	RDBChecksum             bool
	SanitizeDumpPayload     string
	DBFilename              string
	RDBDelSyncFiles         bool
	RDBSaveVersion          int
	RDBSaveIncrementalFsync bool
	Dir                     string

	// The append-only file.
	AppendOnly                 bool
	AppendFilename             string
	AppendDirname              string
	AppendFsync                string
	NoAppendFsyncOnRewrite     bool
	AutoAOFRewritePercentage   int
	AutoAOFRewriteMinSize      int64
	AOFLoadTruncated           bool
	AOFUseRDBPreamble          bool
	AOFTimestampEnabled        bool
	AOFRewriteIncrementalFsync bool
	AOFDisableAutoGC           bool

	// Replication.
	ReplicaOf                    string
	MasterUser                   string
	MasterAuth                   []string // tried in order
	MinReplicasLagBy             string
	ReplAcceptEmptyMaster        bool
	ReplicaServeStaleData        bool
	ReplicaReadOnly              bool
	ReplicaIgnoreMaxMemory       bool
	ReplicaLazyFlush             bool
	ReplicaIgnoreDiskWriteErrors bool
	ReplicaPriority              int
	ReplicaAnnounceIP            string
	ReplicaAnnouncePort          int
	ReplicaAnnounced             bool
	ReplDisklessSync             bool
	ReplDisklessSyncDelay        int
	ReplDisklessSyncMaxReplicas  int
	ReplDisklessLoad             string
	ReplPingReplicaPeriod        int
	ReplTimeout                  int
	ReplDisableTCPNoDelay        bool
	ReplBacklogSize              int64
	ReplBacklogTTL               int
	MinReplicasToWrite           int
	MinReplicasMaxLag            int
	PropagationErrorBehavior     string

	// Memory and eviction.
	MaxMemory                  int64
	MaxMemoryPolicy            string
	MaxMemorySamples           int
	MaxMemoryEvictionTenacity  int
	LFULogFactor               int
	LFUDecayTime               int
	ActiveExpireEffort         int
	LazyfreeLazyEviction       bool
	LazyfreeLazyExpire         bool
	LazyfreeLazyServerDel      bool
	LazyfreeLazyUserDel        bool
	LazyfreeLazyUserFlush      bool
	ActiveRehashing            bool
	ActiveDefrag               bool
	ActiveDefragIgnoreBytes    int64
	ActiveDefragThresholdLower int
	ActiveDefragThresholdUpper int
	ActiveDefragCycleMin       int
	ActiveDefragCycleMax       int
	ActiveDefragMaxScanFields  int
	JemallocBgThread           bool

	// Compact forms of small collections.
	HashMaxListpackEntries int
	HashMaxListpackValue   int64
	ListMaxListpackSize    int
	ListCompressDepth      int
	SetMaxIntsetEntries    int
	ZsetMaxListpackEntries int
	ZsetMaxListpackValue   int64
	HLLSparseMaxBytes      int64
	StreamNodeMaxBytes     int64
	StreamNodeMaxEntries   int

	// What is watched and reported.
	SlowlogLogSlowerThan           int64
	SlowlogMaxLen                  int
	LatencyMonitorThreshold        int
	LatencyTracking                bool
	LatencyTrackingInfoPercentiles []float64
	NotifyKeyspaceEvents           string
	BusyReplyThreshold             int

	// Cluster.
	ClusterEnabled                  bool
	ClusterConfigFile               string
	ClusterPort                     int
	ClusterNodeTimeout              int
	ClusterReplicaValidityFactor    int
	ClusterMigrationBarrier         int
	ClusterAllowReplicaMigration    bool
	ClusterRequireFullCoverage      bool
	ClusterReplicaNoFailover        bool
	ClusterAllowReadsWhenDown       bool
	ClusterAllowPubSubShardWhenDown bool
	ClusterLinkSendbufLimit         int64
	ClusterAnnounceIP               string
	ClusterAnnouncePort             int
	ClusterAnnounceTLSPort          int
	ClusterAnnounceBusPort          int
	ClusterAnnounceHostname         string
	ClusterPreferredEndpointType    string

	// What tests of Redis use; not listed by CONFIG GET *.
	KeyLoadDelay                      int
	RDBKeySaveDelay                   int
	LoadingProcessEventsIntervalBytes int
	WatchdogPeriod                    int
	UseExitOnPanic                    bool
	LuaEnableDeprecatedAPI            bool

	// What may stand in a file any number of times, in its order.

	// Users are the arguments of the user directives.
	Users []UserLine
	// RenameCommands are the pairs of the rename-command directives.
	RenameCommands []RenameCommand

	directives []*Directive
	byName     map[string]*Directive // by name and alias
	hooks      []*hook
	users      func() []string
}

// SavePoint asks for a save after Seconds seconds if at least Changes changes
// were made.
type SavePoint struct{ Seconds, Changes int64 }

// OutputLimit says at which amount of pending replies a client is closed: at
// Hard bytes at once, at Soft bytes when that lasts for SoftSeconds. 0 is no limit.
type OutputLimit struct{ Hard, Soft, SoftSeconds int64 }

// OutputLimits are the limits of the classes of clients.
type OutputLimits struct{ Normal, Replica, PubSub OutputLimit }

// UserLine is one user directive: user NAME RULE...
type UserLine struct {
	Line  int
	Words []string
}

// RenameCommand is one rename-command directive. An empty To disables From.
type RenameCommand struct {
	Line     int
	From, To string
}

// New returns a Config of the defaults of Redis 7.0.
func New() *Config {
	c := &Config{byName: map[string]*Directive{}}
	for _, group := range []func(*Config) []*Directive{
		networkDirectives, clientDirectives, generalDirectives, securityDirectives,
		snapshotDirectives, appendOnlyDirectives, replicationDirectives, memoryDirectives, encodingDirectives,
		observeDirectives, clusterDirectives, debugDirectives,
	} {
		c.directives = append(c.directives, group(c)...)
	}
	for _, d := range c.directives {
		d.reset()
		c.byName[d.Name] = d
		if d.Alias != "" {
			c.byName[d.Alias] = d
		}
	}
	return c
}

// MaxMemoryClientsBytes returns maxmemory-clients in bytes, 0 for no limit.
func (c *Config) MaxMemoryClientsBytes() int64 {
	if c.MaxMemoryClients >= 0 {
		return c.MaxMemoryClients
	}
	// Hundredths of maxmemory, without overflow.
	return c.MaxMemory/100*-c.MaxMemoryClients + c.MaxMemory%100*-c.MaxMemoryClients/100
}

// MasterAddr returns the two parts of replicaof; ok is false on a master.
func (c *Config) MasterAddr() (host string, port int, ok bool) {
	host, digits, ok := strings.Cut(c.ReplicaOf, " ")
	port, _ = strconv.Atoi(digits)
	return host, port, ok
}
