package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
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

func text(field func(*Config) *string) func(*Config, any) error {
	return func(c *Config, v any) error {
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("expected a string, got %s", describe(v))
		}
		*field(c) = s
		return nil
	}
}

func choice(field func(*Config) *string, allowed ...string) func(*Config, any) error {
	return func(c *Config, v any) error {
		s, ok := v.(string)
		if !ok || !slices.Contains(allowed, s) {
			return fmt.Errorf("expected one of %s, got %s", strings.Join(allowed, ", "), describe(v))
		}
		*field(c) = s
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, any) error {
	return func(c *Config, v any) error {
		switch {
		case v == true, v == "true", v == "1":
			*field(c) = true
		case v == false, v == "false", v == "0":
			*field(c) = false
		default:
			return fmt.Errorf("expected true or false, got %s", describe(v))
		}
		return nil
	}
}

func integer(field func(*Config) *int64, least, most int64) func(*Config, any) error {
	return func(c *Config, v any) error {
		n, ok := v.(int64)
		if s, isText := v.(string); isText {
			parsed, err := strconv.ParseInt(s, 10, 64)
			n, ok = parsed, err == nil
		}
		if !ok || n < least || n > most {
			return fmt.Errorf("expected a whole number from %d to %d, got %s", least, most, describe(v))
		}
		*field(c) = n
		return nil
	}
}

// size reads a number of bytes, with a unit (KiB, MiB, GiB) when it is text.
func size(field func(*Config) *int64) func(*Config, any) error {
	return func(c *Config, v any) error {
		factor := int64(1)
		if s, ok := v.(string); ok {
			for i, unit := range []string{"KiB", "MiB", "GiB"} {
				if rest, found := strings.CutSuffix(s, unit); found {
					v, factor = strings.TrimSpace(rest), 1<<(10*(i+1))
				}
			}
		}
		var n int64
		if err := integer(func(*Config) *int64 { return &n }, 1, 1<<40)(c, v); err != nil || n > (1<<40)/factor {
			return fmt.Errorf(`expected a size such as 1048576 or "10MiB", got %s`, describe(v))
		}
		*field(c) = n * factor
		return nil
	}
}

// ratio reads a number from 0 to 1.
func ratio(field func(*Config) *float64) func(*Config, any) error {
	return func(c *Config, v any) error {
		var f float64
		var err error
		switch v := v.(type) {
		case float64:
			f = v
		case int64:
			f = float64(v)
		case string:
			f, err = strconv.ParseFloat(v, 64)
		default:
			f = -1
		}
		if err != nil || !(f >= 0 && f <= 1) {
			return fmt.Errorf("expected a number from 0 to 1, got %s", describe(v))
		}
		*field(c) = f
		return nil
	}
}

func duration(field func(*Config) *time.Duration) func(*Config, any) error {
	return func(c *Config, v any) error {
		s, _ := v.(string)
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return fmt.Errorf(`expected a duration such as "10s" or "1m30s", got %s`, describe(v))
		}
		*field(c) = d
		return nil
	}
}

func list(field func(*Config) *[]string) func(*Config, any) error {
	return func(c *Config, v any) error {
		out := []string{}
		switch v := v.(type) {
		case string:
			for part := range strings.SplitSeq(v, ",") {
				if part = strings.TrimSpace(part); part != "" {
					out = append(out, part)
				}
			}
		case []any:
			for _, e := range v {
				s, ok := e.(string)
				if !ok {
					return fmt.Errorf("expected a list of strings, it holds %s", describe(e))
				}
				out = append(out, s)
			}
		default:
			return fmt.Errorf("expected a list of strings, got %s", describe(v))
		}
		*field(c) = out
		return nil
	}
}

// describe prints a value in a message. A secret never gets here: text takes any
// string.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprint(v)
}
