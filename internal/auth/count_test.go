package auth

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/migrate"
)

// onNodes runs a test with two nodes; on the embedded engine the second is its next start.
func onNodes(t *testing.T, test func(t *testing.T, db database.DB, nodes [2]Counter)) {
	for name, open := range map[string]func() [2]database.DB{
		"postgres": func() [2]database.DB {
			url := pgtest.Database(t)
			return [2]database.DB{enginetest.PostgresAt(t, url), enginetest.PostgresAt(t, url)}
		},
		"embedded": func() [2]database.DB { db := enginetest.Embedded(t); return [2]database.DB{db, db} },
	} {
		t.Run(name, func(t *testing.T) {
			dbs := open()
			if err := migrate.Own(t.Context(), dbs[0], migrate.Part{Name: "limits", Steps: limit.Schema()}); err != nil {
				t.Fatal(err)
			}
			test(t, dbs[0], [2]Counter{NewCounter(dbs[0]), NewCounter(dbs[1])})
		})
	}
}

var hourly = Rate{Events: 7, Per: time.Hour, Burst: 7}

// TestCounter has two nodes ask at once: exactly as many pass as the rate says, of each
// name, subject and rate.
func TestCounter(t *testing.T) {
	onNodes(t, func(t *testing.T, db database.DB, nodes [2]Counter) {
		take := func(node int, name, subject string, r Rate) time.Duration {
			wait, err := nodes[node].Take(t.Context(), name, subject, r)
			if err != nil {
				t.Error(err)
			}
			return wait
		}
		var passed [2]atomic.Int64
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				wait := take(i/2%2, []string{"one", "two"}[i%2], "192.0.2.1", hourly)
				if wait == 0 {
					passed[i%2].Add(1)
				} else if wait > 9*time.Minute || wait < time.Second {
					t.Errorf("to wait for %s", wait)
				}
			})
		}
		group.Wait()
		if passed[0].Load() != 7 || passed[1].Load() != 7 {
			t.Errorf("%d and %d passed", passed[0].Load(), passed[1].Load())
		}
		other := hourly
		other.Burst = 1
		for _, c := range []struct {
			name, subject string
			rate          Rate
			pass          bool
		}{
			{"one", "192.0.2.2", hourly, true}, {"one", "::ffff:192.0.2.1", hourly, false}, {"one", "192.0.2.1", other, true}, {"one", "192.0.2.1", other, false},
			{"six", "2001:db8::1", other, true}, {"six", "2001:db8::ffff:2", other, false}, {"six", "2001:db8:0:1::1", other, true},
			{"six", "", other, true}, {"six", "", other, false}, {"sign_in", "192.0.2.1", other, true},
		} {
			if got := take(1, c.name, c.subject, c.rate) == 0; got != c.pass {
				t.Errorf("%s, %s: %v", c.name, c.subject, got)
			}
		}
		if err := nodes[0].limiter.Allow(t.Context(), limit.Check{Rule: limit.Rule{Name: "sign_in", Rate: limit.Rate{Events: 1, Per: time.Hour}}, Subject: "192.0.2.1"}); err != nil {
			t.Errorf("Galley's own rule of the same name: %v", err)
		}
		rows, err := database.Records(t.Context(), database.Owner{DB: db}, "select count(*) from galley.auth_limits where key like '%192.0%' or key like '%2001:%'")
		if err != nil || rows[0].Text(0) != "0" {
			t.Errorf("addresses lie in the database: %v %v", rows, err)
		}
	})
}
