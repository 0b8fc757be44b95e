package embedded

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// stamp is what this program writes files with.
func (db *DB) stamp() catalog.Stamp {
	s := catalog.Stamp{
		"encoding":                     "UTF8",
		"collation":                    "C",
		catalog.StampPrefix + "schema": strconv.Itoa(emit.SchemaVersion),
	}
	for _, f := range db.types.Families() {
		s[catalog.StampPrefix+"functions of "+f.Name] = strconv.Itoa(max(f.Version, 1))
	}
	return s
}

// prepare makes a new file a database and upgrades one that an older program
// wrote, in one transaction. One of a newer program is refused.
func (db *DB) prepare(ctx context.Context, c *sqlite.Conn) error {
	if err := catalog.Install(c); err != nil {
		return err
	}
	got, err := catalog.ReadStamp(c)
	if err != nil {
		return err
	}
	present := db.stamp()
	older, err := got.Older(present)
	if err != nil || maps.Equal(got, present) {
		return err
	}
	if len(older) > 0 {
		db.config.Logger.Info("upgrading the database file", "older", older)
		if err := db.rebuild(ctx, c); err != nil {
			return err
		}
	}
	return present.Write(c)
}

// rebuild makes anew what the file keeps of the results of functions, and its
// definitions.
func (db *DB) rebuild(ctx context.Context, c *sqlite.Conn) error {
	cat, err := catalog.Load(c)
	if err != nil {
		return err
	}
	x := db.start(ctx, database.Session{}, cat, time.Now())
	c.State = x
	return ddl.Rebuild(&ddl.Context{Conn: c, Catalog: cat, Types: db.types, Role: catalog.Owner, SearchPath: defaultPath,
		Compile: compiler{types: db.types, role: catalog.Owner, session: x.sessionValue}})
}
