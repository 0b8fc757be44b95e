package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/https"
	"github.com/galleyhq/galley/internal/integrations"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/call"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/pgmq"
	"github.com/galleyhq/galley/internal/schedule"
	"github.com/galleyhq/galley/internal/schema"
)

// Open opens the project's database and makes in it what Galley expects.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	return openWith(ctx, c, log, nil)
}

// openWith opens the project's database; stream, if it is not nil, follows it.
func openWith(ctx context.Context, c config.Config, log *slog.Logger, stream *backup.Stream) (db database.DB, err error) {
	if c.Database.URL != "" {
		db, err = openPostgres(ctx, c, log)
	} else {
		db, err = openFollowed(ctx, c, log, stream)
	}
	if err != nil {
		return nil, err
	}
	all, taken, err := parts(ctx, db)
	if err == nil {
		err = own(ctx, db, all...)
	}
	if err == nil {
		err = prepareHooks(ctx, db, c.Auth.Hooks)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	for _, name := range taken {
		log.WarnContext(ctx, "a schema of the project has the name of one of Galley's: the functions that would be in it are not there", "schema", name)
	}
	return db, nil
}

// extensionsSchema is where Supabase's projects install extensions; statements find
// what is in it without its name.
const extensionsSchema = `create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;`

// parts are those of Galley's own schema. taken are the schemas of extensions'
// functions that are somebody else's, and left alone.
func parts(ctx context.Context, db database.DB) (all []migrate.Part, taken []string, err error) {
	all = []migrate.Part{{Name: "jobs", Steps: jobs.Schema(db.Engine())}}
	if state, err := stateOf(ctx, db, "extensions", "extensions", ""); err != nil {
		return nil, nil, err
	} else if state == schemaOurs { // the project's own is as it wants it
		all = append(all, migrate.Part{Name: "extensions", Steps: []string{extensionsSchema}})
	}
	ours := map[string]bool{}
	for _, p := range []struct {
		schema    string
		extension string // that has the schema; "" for none
		part      migrate.Part
		without   []string // the steps where the schema is taken
		over      string   // the schema that it needs; it is left out where that is not Galley's
	}{
		{"net", "pg_net", migrate.Part{Name: "calls", Steps: call.Schema(db.Engine())}, call.WithoutNet(), ""},
		{"supabase_functions", "", migrate.Part{Name: "webhooks", Steps: call.Webhooks(db.Engine())}, nil, "net"},
		{"pgmq", "pgmq", migrate.Part{Name: "pgmq", Steps: pgmq.Schema(db.Engine())}, nil, ""},
		{"pgmq_public", "", migrate.Part{Name: "pgmq_public", Steps: pgmq.Public()}, nil, "pgmq"},
		{"", "", migrate.Part{Name: "mail", Steps: mail.Schema()}, nil, ""},
		{"", "", migrate.Part{Name: "integrations", Steps: integrations.Schema()}, nil, ""},
		{"", "", migrate.Part{Name: "schedules", Steps: schedule.Schema()}, nil, ""},
		{"cron", "pg_cron", migrate.Part{Name: "cron", Steps: schedule.Cron(db.Engine())}, nil, ""},
	} {
		if p.over != "" && !ours[p.over] {
			continue
		}
		state, err := stateOf(ctx, db, p.part.Name, p.schema, p.extension)
		if err != nil {
			return nil, nil, err
		}
		ours[p.schema] = state == schemaOurs
		if state == schemaTaken && p.over == "" { // one over Galley's own is the project's variant of the same functions
			taken = append(taken, p.schema)
		}
		if state != schemaOurs {
			p.part.Steps = p.without
		}
		if len(p.part.Steps) > 0 {
			all = append(all, p.part)
		}
	}
	all = append(append(all, https.Part()), functions.Parts(db.Engine())...)
	return append(all, auth.Parts(db.Engine())...), taken, nil
}

// Whose a schema is.
const (
	schemaOurs     = iota // or nobody's yet
	schemaIncluded        // the extension's itself
	schemaTaken
)

// stateOf tells whose the schema of a part is. One that Galley made is noted in
// galley.settings, with the version of its part.
func stateOf(ctx context.Context, db database.DB, part, name, extension string) (int, error) {
	if name == "" {
		return schemaOurs, nil
	}
	made, err := database.Records(ctx, database.Owner{DB: db}, `SELECT value FROM galley.settings WHERE key = $1`, "schema."+part)
	if err == nil && len(made) > 0 && part == "calls" { // which is made, in part, beside a schema net of others too
		return withNet(ctx, db)
	}
	if err != nil || len(made) > 0 {
		return schemaOurs, err
	}
	if db.Engine() == "embedded" {
		shape, err := db.Schema(ctx)
		if err != nil || !slices.Contains(shape.Schemas, name) {
			return schemaOurs, err
		}
		return schemaTaken, nil
	}
	found, err := database.Records(ctx, database.Owner{DB: db}, `SELECT (SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = $2)
		FROM pg_catalog.pg_namespace WHERE nspname = $1`, name, extension)
	switch {
	case err != nil || len(found) == 0:
		return schemaOurs, err
	case found[0].Int(0) > 0:
		return schemaIncluded, nil
	}
	return schemaTaken, nil
}

// withNet tells whether schema net is Galley's, whose answers are a view.
func withNet(ctx context.Context, db database.DB) (int, error) {
	shape, err := db.Schema(ctx)
	if err != nil {
		return schemaOurs, err
	}
	if r := shape.Relation("net", "_http_response"); r == nil || r.Kind != schema.View {
		return schemaIncluded, nil
	}
	return schemaOurs, nil
}

// install makes in a bare database what Galley expects of each.
func install(ctx context.Context, db database.DB) error {
	if server, ok := db.(*postgres.DB); ok {
		if err := server.Bootstrap(ctx); err != nil {
			return err
		}
	}
	all, _, err := parts(ctx, db)
	if err != nil {
		return err
	}
	if err := migrate.Own(ctx, db, all...); err != nil {
		return err
	}
	return prepareHooks(ctx, db, nil)
}

// prepareHooks makes the role of hooks in SQL. An owner who may make none does
// without, as long as no hook is called as it.
func prepareHooks(ctx context.Context, db database.DB, hooks map[string]config.AuthHook) error {
	err := auth.PrepareHooks(ctx, db)
	if fault.Code(err) != fault.InsufficientPrivilege {
		return err
	}
	for _, h := range hooks {
		if h.Enabled && strings.HasPrefix(h.URI, "pg-functions:") {
			return err
		}
	}
	return nil
}

// own brings Galley's own tables up to date; a database in a file is copied
// before any of them changes.
func own(ctx context.Context, db database.DB, parts ...migrate.Part) error {
	if file, ok := db.(interface {
		KeepCopy(ctx context.Context) (string, error)
	}); ok {
		older, err := migrate.Outdated(ctx, db, parts...)
		if err == nil && older {
			_, err = file.KeepCopy(ctx)
		}
		if err != nil {
			return err
		}
	}
	return migrate.Own(ctx, db, parts...)
}

func limits(c config.Config) database.Limits {
	return database.Limits{Statement: c.Database.StatementTimeout, IdleInTransaction: c.Database.IdleInTx}
}

func openPostgres(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	db, err := postgres.Open(ctx, postgres.Config{
		URL: c.Database.URL, MaxConns: int(c.Database.MaxConnections), Limits: limits(c), Logger: log,
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := db.Bootstrap(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	return db, nil
}

// openEmbedded opens the project's database file, in a folder only its owner may
// enter.
func openEmbedded(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	return openFollowed(ctx, c, log, nil)
}

func openFollowed(ctx context.Context, c config.Config, log *slog.Logger, stream *backup.Stream) (database.DB, error) {
	if err := os.MkdirAll(c.Database.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	settings := embedded.Config{Path: c.Database.File(), Limits: limits(c), Logger: log}
	if stream != nil {
		settings.Follower = stream
	}
	db, err := embedded.Open(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}
