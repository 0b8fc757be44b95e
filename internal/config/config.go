// Package config reads what a project wants: galley.toml, or supabase/config.toml
// of a folder laid out by the Supabase CLI, then GALLEY_… variables of the
// environment, then flags; what comes later wins. Every mistake is reported at
// once, with file and line.
//
//	c, warnings, err := config.Load(config.Source{Project: ".", Env: os.Environ()})
//
// Every key of galley.toml is also a variable: server.listen is
// GALLEY_SERVER_LISTEN. Lists are separated by commas there.
package config

import (
	"path/filepath"
	"strings"
	"time"
)

// Config is a project's configuration. Paths are absolute.
type Config struct {
	Project  string
	Supabase bool // the folder is laid out by the Supabase CLI
	Dev      bool // --dev: a developer's own machine

	Server     Server
	Database   Database
	API        API
	Auth       Auth
	Migrations Migrations
	Jobs       Jobs
	Reports    Reports
	Outgoing   Outgoing
	Backup     Backup
	Metrics    Metrics
	Mail       Mail
	SMS        SMS
	Functions  Functions
	AI         AI
	Stripe     Stripe
	Shipping   Shipping
	Cache      Cache
	Redirects  map[string]Redirect
	Log        Log
	Telemetry  Telemetry
}

// Server is the section [server].
type Server struct {
	Listen          string        // host:port
	MaxBody         int64         // bytes of a request body
	ShutdownTimeout time.Duration // for running requests to end
	Public          string        // folder of static files
	CORSOrigins     []string      // origins whose scripts may call; none means all
	HTTPS           HTTPS
	// Headers are those of the files in Public, by the path ("/admin/*" for all that
	// begin so) and the header's name. An empty one is not sent.
	Headers map[string]map[string]string
}

// Database is the section [database].
type Database struct {
	URL              string // PostgreSQL; "" is the embedded engine
	Data             string // folder of the embedded engine's file
	MaxConnections   int64  // 0: the engine decides
	StatementTimeout time.Duration
	IdleInTx         time.Duration
}

// File is the path of the embedded engine's file.
func (d Database) File() string { return filepath.Join(d.Data, "data.db") }

// API is the section [api].
type API struct {
	Schemas         []string // exposed; the first is the default
	ExtraSearchPath []string
	MaxRows         int64  // of a read; 0 does not bound it
	AnonRole        string // of a request without a key; "" refuses it
	TxEnd           string // how the transaction of a request ends (PostgREST, db-tx-end)
	Aggregates      bool   // select lists may use aggregate functions (PostgREST, db-aggregates-enabled)
	ServerTiming    bool   // Server-Timing tells how long requests take (PostgREST, server-timing-enabled)
	Plan            bool   // a request may ask for its plan (PostgREST, db-plan-enabled)
}

// Migrations is the section [migrations].
type Migrations struct {
	Dir             string
	Seed            []string // files, in order
	AllowOutOfOrder bool
}

// Jobs is the section [jobs].
type Jobs struct {
	Workers       int64    // jobs that this node does at once; 0 does none
	Queues        []string // that it takes jobs from; none means all
	KeepCompleted time.Duration
	KeepFailed    time.Duration
}

// Outgoing is the section [outgoing]: HTTP calls that the project or its data ask
// for.
type Outgoing struct {
	Allow       []string // what may be reached though it is not public
	Ports       []string // of URLs; none means the usual
	Proxy       string
	Timeout     time.Duration // of one call
	MaxResponse int64         // bytes of a body
}

// Backup is the section [backup].
type Backup struct {
	To             string        // folder or s3://bucket/prefix; "" makes none by itself
	Every          time.Duration // 0 makes none by itself
	Keep           int64         // of the newest
	KeepFor        time.Duration
	TestEvery      time.Duration // a restore is tried this often; 0 never
	TestURL        string        // of an empty database of PostgreSQL, for that; "" compares checksums
	Recipients     []string      // age keys that backups are encrypted for
	PassphraseFile string
	IdentityFile   string        // of age keys, for the tried restores
	Continuous     bool          // ship the write-ahead log, too
	Interval       time.Duration // between what is shipped of it
	SpoolMiB       int64         // of it that may wait to be shipped
	S3Endpoint     string        // URL; "" is AWS
	S3Region       string
	S3AccessKey    string // "" takes those of the environment or the machine's role
	S3SecretKey    string
}

// Metrics is the section [metrics].
type Metrics struct {
	// Listen is an address of its own, host:port, for /metrics and the probes; ""
	// serves /metrics at server.listen.
	Listen string
	Token  string // that scrapers show
}

// Log is the section [log].
type Log struct {
	Format    string        // auto, text or json
	Level     string        // debug, info, warn or error
	SlowQuery time.Duration // statements that take as long are logged; 0 logs none
}

// Telemetry is the section [telemetry].
type Telemetry struct {
	Endpoint    string   // URL of an OpenTelemetry collector; "" traces nothing
	Headers     []string // name=value, of each call to it
	SampleRatio float64  // of the requests that no caller traces already
	ServiceName string
}

// defaults is the configuration of a folder without any.
func defaults(project string) Config {
	return Config{
		Project: project,
		Server: Server{Listen: "127.0.0.1:8000", MaxBody: 10 << 20, ShutdownTimeout: 10 * time.Second,
			Public: "public", HTTPS: httpsDefaults(), Headers: headerDefaults()},
		Database: Database{Data: ".galley", StatementTimeout: 30 * time.Second, IdleInTx: 5 * time.Second},
		API: API{Schemas: []string{"public"}, ExtraSearchPath: []string{"public", "extensions"},
			MaxRows: 1000, AnonRole: "anon", TxEnd: "commit"},
		Migrations: Migrations{Dir: "migrations", Seed: []string{"seed.sql"}},
		Jobs:       Jobs{Workers: 20, KeepCompleted: 24 * time.Hour, KeepFailed: 30 * 24 * time.Hour},
		Reports:    reportDefaults(),
		Outgoing:   Outgoing{Timeout: 30 * time.Second, MaxResponse: 10 << 20},
		Backup:     Backup{Every: 24 * time.Hour, Keep: 7, KeepFor: 30 * 24 * time.Hour, TestEvery: 24 * time.Hour, Interval: time.Second, SpoolMiB: 1024},
		Auth:       authDefaults(),
		Mail:       mailDefaults(),
		SMS:        smsDefaults(),
		Functions:  functionDefaults(),
		AI:         aiDefaults(),
		Stripe:     stripeDefaults(),
		Cache:      Cache{Rows: 100_000, Size: 32 << 20},
		Redirects:  map[string]Redirect{},
		Log:        Log{Format: "auto", Level: "info", SlowQuery: time.Second},
		Telemetry:  Telemetry{SampleRatio: 1, ServiceName: "galley"},
	}
}

// absolute resolves the paths against the project's folder, and those of the
// Supabase layout against supabase/.
func (c *Config) absolute() {
	base := c.Project
	if c.Supabase {
		base = filepath.Join(c.Project, "supabase")
	}
	c.Server.Public = under(c.Project, c.Server.Public)
	c.Server.HTTPS.absolute(c.Project)
	c.Database.Data = under(c.Project, c.Database.Data)
	c.Migrations.Dir = under(base, c.Migrations.Dir)
	if !strings.Contains(c.Backup.To, "://") {
		c.Backup.To = under(c.Project, c.Backup.To)
	}
	c.Backup.PassphraseFile = under(c.Project, c.Backup.PassphraseFile)
	c.Backup.IdentityFile = under(c.Project, c.Backup.IdentityFile)
	c.Auth.SigningKeys = under(base, c.Auth.SigningKeys)
	c.Reports.absolute(c.Project, c.Database.Data)
	c.Mail.absolute(c.Project)
	c.Functions.absolute(base)
	for i, path := range c.Migrations.Seed {
		c.Migrations.Seed[i] = under(base, path)
	}
}

func under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
