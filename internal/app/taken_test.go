//go:build !race

// Nothing here runs side by side: many servers are started, which the detector makes slow.

package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestTaken starts on a database that has a schema with the name of one of ours:
// it is left alone, all others are made, and a warning tells.
func TestTaken(t *testing.T) {
	ours := map[string]string{
		"net": "select net.http_get('http://127.0.0.1:1/')", "pgmq": "select pgmq.create('q')",
		"cron": "select cron.schedule('n', '0 3 * * *', 'select 1')", "galley": "select name from galley.secrets",
	}
	for _, engine := range []string{"embedded", "postgres"} {
		for _, schema := range []string{"net", "pgmq", "cron"} {
			t.Run(engine+" "+schema, func(t *testing.T) {
				c, second := onEngine(t, engine), false
				bare(t, c, "create schema "+schema+"; create table "+schema+".theirs (id int)")
				for range 2 { // the second time, too
					var log bytes.Buffer
					db, err := Open(t.Context(), c, slog.New(slog.NewJSONHandler(&log, nil)))
					if err != nil {
						t.Fatal(err)
					}
					// The warning about net is given once: Galley's secrets are made without.
					if told := strings.Contains(log.String(), `"schema":"`+schema+`"`); !told && !(schema == "net" && second) {
						t.Errorf("no warning in %s", log.String())
					}
					second = true
					for name, sql := range ours {
						_, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql}))
						if (err == nil) != (name != schema) {
							t.Errorf("%s: %v", sql, err)
						}
					}
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}
