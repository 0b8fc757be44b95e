package config

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config/value"
)

// key is one entry of the configuration: its name in galley.toml and how a value
// reaches its field. A value is a string (environment, flags) or what TOML makes
// of it.
type key struct {
	name string
	set  func(c *Config, value any) error
}

// env is the name of the key's variable.
func (k key) env() string {
	return "GALLEY_" + strings.ToUpper(strings.ReplaceAll(k.name, ".", "_"))
}

// keys is all there is to configure.
var keys = slices.Concat([]key{
	{"server.listen", text(func(c *Config) *string { return &c.Server.Listen })},
	{"server.max_body", size(func(c *Config) *int64 { return &c.Server.MaxBody })},
	{"server.shutdown_timeout", duration(func(c *Config) *time.Duration { return &c.Server.ShutdownTimeout })},
	{"server.cors_origins", list(func(c *Config) *[]string { return &c.Server.CORSOrigins })},
	{"server.public", text(func(c *Config) *string { return &c.Server.Public })},
	{"database.url", text(func(c *Config) *string { return &c.Database.URL })},
	{"database.data", text(func(c *Config) *string { return &c.Database.Data })},
	{"database.max_connections", integer(func(c *Config) *int64 { return &c.Database.MaxConnections }, 0, 10000)},
	{"database.statement_timeout", duration(func(c *Config) *time.Duration { return &c.Database.StatementTimeout })},
	{"database.idle_in_transaction_timeout", duration(func(c *Config) *time.Duration { return &c.Database.IdleInTx })},
	{"api.schemas", list(func(c *Config) *[]string { return &c.API.Schemas })},
	{"api.extra_search_path", list(func(c *Config) *[]string { return &c.API.ExtraSearchPath })},
	{"api.max_rows", integer(func(c *Config) *int64 { return &c.API.MaxRows }, 0, math.MaxInt64)},
	{"api.anon_role", text(func(c *Config) *string { return &c.API.AnonRole })},
	{"api.tx_end", choice(func(c *Config) *string { return &c.API.TxEnd },
		"commit", "commit-allow-override", "rollback", "rollback-allow-override")},
	{"api.aggregates", boolean(func(c *Config) *bool { return &c.API.Aggregates })},
	{"api.plan", boolean(func(c *Config) *bool { return &c.API.Plan })},
	{"api.server_timing", boolean(func(c *Config) *bool { return &c.API.ServerTiming })},
	{"migrations.dir", text(func(c *Config) *string { return &c.Migrations.Dir })},
	{"migrations.seed", list(func(c *Config) *[]string { return &c.Migrations.Seed })},
	{"migrations.allow_out_of_order", boolean(func(c *Config) *bool { return &c.Migrations.AllowOutOfOrder })},
	{"jobs.workers", integer(func(c *Config) *int64 { return &c.Jobs.Workers }, 0, 1000)},
	{"jobs.queues", list(func(c *Config) *[]string { return &c.Jobs.Queues })},
	{"jobs.keep_completed", duration(func(c *Config) *time.Duration { return &c.Jobs.KeepCompleted })},
	{"jobs.keep_failed", duration(func(c *Config) *time.Duration { return &c.Jobs.KeepFailed })},
	{"outgoing.allow", list(func(c *Config) *[]string { return &c.Outgoing.Allow })},
	{"outgoing.ports", list(func(c *Config) *[]string { return &c.Outgoing.Ports })},
	{"outgoing.proxy", text(func(c *Config) *string { return &c.Outgoing.Proxy })},
	{"outgoing.timeout", duration(func(c *Config) *time.Duration { return &c.Outgoing.Timeout })},
	{"outgoing.max_response", size(func(c *Config) *int64 { return &c.Outgoing.MaxResponse })},
	{"backup.to", text(func(c *Config) *string { return &c.Backup.To })},
	{"backup.every", duration(func(c *Config) *time.Duration { return &c.Backup.Every })},
	{"backup.keep", integer(func(c *Config) *int64 { return &c.Backup.Keep }, 0, 1000000)},
	{"backup.keep_for", duration(func(c *Config) *time.Duration { return &c.Backup.KeepFor })},
	{"backup.test_every", duration(func(c *Config) *time.Duration { return &c.Backup.TestEvery })},
	{"backup.test_url", text(func(c *Config) *string { return &c.Backup.TestURL })},
	{"backup.continuous", boolean(func(c *Config) *bool { return &c.Backup.Continuous })},
	{"backup.interval", duration(func(c *Config) *time.Duration { return &c.Backup.Interval })},
	{"backup.spool_mib", integer(func(c *Config) *int64 { return &c.Backup.SpoolMiB }, 1, 1000000)},
	{"backup.recipients", list(func(c *Config) *[]string { return &c.Backup.Recipients })},
	{"backup.passphrase_file", text(func(c *Config) *string { return &c.Backup.PassphraseFile })},
	{"backup.identity_file", text(func(c *Config) *string { return &c.Backup.IdentityFile })},
	{"backup.s3_endpoint", text(func(c *Config) *string { return &c.Backup.S3Endpoint })},
	{"backup.s3_region", text(func(c *Config) *string { return &c.Backup.S3Region })},
	{"backup.s3_access_key", text(func(c *Config) *string { return &c.Backup.S3AccessKey })},
	{"backup.s3_secret_key", text(func(c *Config) *string { return &c.Backup.S3SecretKey })},
	{"metrics.listen", text(func(c *Config) *string { return &c.Metrics.Listen })},
	{"metrics.token", text(func(c *Config) *string { return &c.Metrics.Token })},
	{"log.format", choice(func(c *Config) *string { return &c.Log.Format }, "auto", "text", "json")},
	{"log.level", choice(func(c *Config) *string { return &c.Log.Level }, "debug", "info", "warn", "error")},
	{"log.slow_query", duration(func(c *Config) *time.Duration { return &c.Log.SlowQuery })},
	{"telemetry.otlp_endpoint", text(func(c *Config) *string { return &c.Telemetry.Endpoint })},
	{"telemetry.headers", list(func(c *Config) *[]string { return &c.Telemetry.Headers })},
	{"telemetry.sample_ratio", ratio(func(c *Config) *float64 { return &c.Telemetry.SampleRatio })},
	{"telemetry.service_name", text(func(c *Config) *string { return &c.Telemetry.ServiceName })},
}, httpsKeys(), authKeys(), reportKeys(), mailKeys(), functionKeys(), integrationKeys(), cacheKeys())

func findKey(name string) (key, bool) {
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return namedKey(name)
	}
	return keys[i], true
}

// put reads a value into its field, which keeps what it has when that fails.
func put[T any](field *T, v any, read func(any) (T, error)) error {
	x, err := read(v)
	if err == nil {
		*field = x
	}
	return err
}

// setter is how a value of a kind reaches its field.
func setter[T any](field func(*Config) *T, read func(any) (T, error)) func(*Config, any) error {
	return func(c *Config, v any) error { return put(field(c), v, read) }
}

func text(field func(*Config) *string) func(*Config, any) error { return setter(field, value.Text) }

func choice(field func(*Config) *string, allowed ...string) func(*Config, any) error {
	return setter(field, value.Choice(allowed...))
}

func boolean(field func(*Config) *bool) func(*Config, any) error { return setter(field, value.Boolean) }

func integer(field func(*Config) *int64, least, most int64) func(*Config, any) error {
	return setter(field, value.Integer(least, most))
}

func size(field func(*Config) *int64) func(*Config, any) error { return setter(field, value.Size) }

func ratio(field func(*Config) *float64) func(*Config, any) error { return setter(field, value.Ratio) }

func duration(field func(*Config) *time.Duration) func(*Config, any) error {
	return setter(field, value.Duration)
}

func list(field func(*Config) *[]string) func(*Config, any) error { return setter(field, value.List) }

// named are keys of sections that are named by the project: auth.external.NAME and
// its kind.
type named struct {
	section, field string
	set            func(c *Config, name string, value any) error
}

// pattern is the key as the documentation shows it.
func (n named) pattern() string { return n.section + ".NAME." + n.field }

// key is the key of the section with a name.
func (n named) key(name string) key {
	return key{n.section + "." + name + "." + n.field, func(c *Config, v any) error { return n.set(c, name, v) }}
}

// namedIn makes keys of the sections of a kind, which the configuration has by their
// names.
func namedIn[T any](section string, of func(*Config) map[string]T) func(field string, set func(*T, any) error) named {
	return func(field string, set func(*T, any) error) named {
		return named{section, field, func(c *Config, name string, v any) error {
			one := of(c)[name]
			err := set(&one, v)
			of(c)[name] = one
			return err
		}}
	}
}

func namedKeys() []named { return slices.Concat(functionNamed(), redirectNamed(), authNamed()) }

var (
	sectionName  = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)
	functionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`) // that of its folder
)

// namedKey is the key of a section that the project named.
func namedKey(full string) (key, bool) {
	if k, ok := headerKey(full); ok {
		return k, true
	}
	for _, n := range namedKeys() {
		name, ok := strings.CutPrefix(full, n.section+".")
		if ok {
			name, ok = strings.CutSuffix(name, "."+n.field)
		}
		if ok && (sectionName.MatchString(name) || n.section == "functions" && functionName.MatchString(name)) {
			return n.key(name), true
		}
	}
	return key{}, false
}

// namedVariable is the key that a variable of the environment means.
func namedVariable(variable string) (key, bool) {
	if name, ok := strings.CutPrefix(variable, key{name: headersSection}.env()+"_"); ok {
		return headerKey(headersSection + "." + strings.ReplaceAll(name, "_", "-"))
	}
	for _, n := range namedKeys() {
		name, ok := strings.CutPrefix(variable, key{name: n.section}.env()+"_")
		if ok {
			name, ok = strings.CutSuffix(name, "_"+strings.ToUpper(n.field))
		}
		if ok {
			return namedKey(n.section + "." + strings.ToLower(name) + "." + n.field)
		}
	}
	return key{}, false
}
