package rowcache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/rowcache"
	"github.com/galleyhq/galley/internal/schema"
)

const tables = `
create table groups (id int primary key);
create table links (slug text primary key, n bigint not null, grp int references groups on update cascade on delete cascade, other text unique);
create table clicks (id bigint generated always as identity primary key, slug text);
create view shown as select * from links;
grant all on links, clicks, groups, shown to service_role;
insert into groups values (1), (2);`

// textOf reads the one column of a row.
func textOf(rows database.Rows) (any, int, bool, error) {
	value, found := "", rows.Next()
	if found {
		value = string(rows.Value(0))
	}
	return value, len(value), found, rows.Err()
}

func links(c *rowcache.Cache) *rowcache.View {
	return c.View(rowcache.Spec{Table: schema.Name{Schema: "public", Name: "links"}, Key: []string{"slug"}, Columns: "n", Read: textOf})
}

func run(t testing.TB, db database.DB, sql string, args ...any) {
	t.Helper()
	if err := database.Run(context.WithoutCancel(t.Context()), database.Owner{DB: db}, sql, args...); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

func script(t testing.TB, db database.DB, sql string) {
	t.Helper()
	err := database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(t.Context(), sql, nil) })
	if err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, v *rowcache.View, key string) string {
	t.Helper()
	value, found, err := v.Get(context.WithoutCancel(t.Context()), key)
	switch {
	case err != nil:
		t.Errorf("%s: %v", key, err)
		return "error"
	case !found:
		return "none"
	}
	return value.(string)
}

// count is a counter of the cache.
func count(c *rowcache.Cache, name string) (n float64) {
	var r metrics.Registry
	r.Add(c.WriteMetrics)
	for line := range strings.Lines(string(r.Text())) {
		if rest, ok := strings.CutPrefix(line, "galley_rowcache_"+name+" "); ok {
			_, _ = fmt.Sscan(rest, &n)
		}
	}
	return n
}

// warm asks until the answer comes from memory.
func warm(t testing.TB, c *rowcache.Cache, v *rowcache.View, key string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for before := count(c, "hits_total"); count(c, "hits_total") == before; {
		get(t, v, key)
		if time.Now().After(deadline) {
			t.Fatal("nothing is kept in memory")
		}
	}
}

// change writes a number to a link in one of many ways; what fails changes nothing.
func change(ctx context.Context, db database.DB, slug string, n int64) (changed bool, err error) {
	own := database.Owner{DB: db}
	inTx := func(end error, sql ...string) error {
		return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			for _, s := range sql {
				if err := database.Run(ctx, tx, s, slug, n); err != nil {
					return err
				}
			}
			return end
		})
	}
	const upsert = "insert into links (slug, n, grp) values ($1, $2, 1) on conflict (slug) do update set n = excluded.n"
	switch rand.IntN(8) {
	case 0:
		return true, database.Run(ctx, own, "update links set n = $2 where slug = $1", slug, n)
	case 1:
		return true, database.Run(ctx, own, upsert, slug, n)
	case 2:
		return true, inTx(nil, "delete from links where slug = $1 and $2::bigint > 0", "insert into links (slug, n, grp) values ($1, $2, 1)")
	case 3:
		return true, inTx(nil, "update links set n = -$2::bigint where slug = $1", "update links set n = $2 where slug = $1")
	case 4:
		stop := errors.New("rolled back")
		if err := inTx(stop, "update links set n = -$2::bigint where slug = $1"); !errors.Is(err, stop) {
			return false, err
		}
		return false, nil
	case 5:
		return true, database.Run(ctx, own, "with a as (update links set n = $2 where slug = $1 returning slug) insert into clicks (slug) select slug from a", slug, n)
	case 6: // fails after it has changed the row
		err := database.Run(ctx, own, "update links set n = $2, slug = case when slug = $1 then null else slug end where slug = $1", slug, n)
		if fault.Code(err) != "23502" {
			return false, fmt.Errorf("expected a violation, got %w", err)
		}
		return false, nil
	}
	return true, database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		if err := database.Run(ctx, tx, "update links set n = $2 where slug = $1", slug, n); err != nil {
			return err
		}
		if err := tx.Savepoint(ctx, "a"); err != nil {
			return err
		}
		if err := database.Run(ctx, tx, "update links set n = -$2::bigint where slug = $1", slug, n); err != nil {
			return err
		}
		return tx.RollbackTo(ctx, "a")
	})
}

// fuzz has some change links and others read them. Whatever was acknowledged before a
// read began is in it.
func fuzz(t *testing.T, write []database.DB, v *rowcache.View, d time.Duration) {
	const slugs = 6
	var acked [slugs]atomic.Int64
	for i := range slugs {
		run(t, write[0], "insert into links (slug, n, grp) values ($1, 0, 1)", fmt.Sprint(i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var wg sync.WaitGroup
	for i := range slugs {
		wg.Go(func() {
			for n := int64(1); ctx.Err() == nil; n++ {
				changed, err := change(context.WithoutCancel(ctx), write[rand.IntN(len(write))], fmt.Sprint(i), n)
				if err != nil {
					t.Error(err)
					return
				}
				if changed {
					acked[i].Store(n)
				}
				if got := get(t, v, fmt.Sprint(i)); got != fmt.Sprint(acked[i].Load()) {
					t.Errorf("link %d: the writer read %s after %d", i, got, acked[i].Load())
					return
				}
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := rand.IntN(slugs)
				least := acked[i].Load()
				var n int64
				got := get(t, v, fmt.Sprint(i))
				if _, err := fmt.Sscan(got, &n); err != nil || n < least {
					t.Errorf("link %d: read %s after %d", i, got, least)
					return
				}
				if rand.IntN(4) == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
}

// TestWritesAreSeen: a write that was acknowledged is in every later read.
func TestWritesAreSeen(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		script(t, db, tables)
		c := rowcache.New(rowcache.Config{DB: db})
		v := links(c)
		fuzz(t, []database.DB{db}, v, time.Second)
		run(t, db, "insert into links values ('k', 7, 2)")
		warm(t, c, v, "k")
		for _, step := range []struct{ sql, want string }{
			{"insert into clicks (slug) values ('k')", "7"},
			{"update links set n = 8 where slug = 'k'", "8"},
			{"update groups set id = 3 where id = 2", "8"},
			{"delete from groups where id = 3", "none"},
			{"insert into links values ('k', 9, 1)", "9"},
			{"truncate links", "none"},
			{"insert into links values ('k', 10, 1)", "10"},
			{"alter table links add column more int default 5", "10"},
			{"drop table links cascade", "none"},
		} {
			run(t, db, step.sql)
			if strings.HasPrefix(step.sql, "drop") {
				script(t, db, "create table links (slug text primary key, n bigint not null); grant all on links to service_role")
			}
			for range 3 {
				if got := get(t, v, "k"); got != step.want {
					t.Fatalf("after %s: %s, expected %s", step.sql, got, step.want)
				}
			}
		}
		run(t, db, "insert into links values ('k', 11)")
		if got := get(t, v, "k"); got != "11" {
			t.Errorf("of the new table: %s", got)
		}
		warm(t, c, v, "k")
	})
}

// TestOtherTablesLeaveItAlone: only changes of a table empty its part of the cache.
func TestOtherTablesLeaveItAlone(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		script(t, db, tables)
		run(t, db, "insert into links values ('k', 7, 2)")
		c := rowcache.New(rowcache.Config{DB: db})
		v := links(c)
		warm(t, c, v, "k")
		misses := count(c, "misses_total")
		for range 50 {
			run(t, db, "insert into clicks (slug) values ('k')")
			run(t, db, "update clicks set slug = 'x'")
			get(t, v, "k")
		}
		if now := count(c, "misses_total"); now != misses {
			t.Errorf("%v rows were read again", now-misses)
		}
	})
}

// TestAnotherProcess: what another process commits to the file is seen at once.
func TestAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	var nodes []database.DB
	for range 2 {
		db, err := embedded.Open(t.Context(), embedded.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		nodes = append(nodes, db)
	}
	script(t, nodes[0], tables)
	c := rowcache.New(rowcache.Config{DB: nodes[0]})
	v := links(c)
	fuzz(t, nodes, v, time.Second)
	run(t, nodes[1], "insert into links values ('k', 1, 1)")
	warm(t, c, v, "k")
	for n := range 200 {
		run(t, nodes[1], "update links set n = $1 where slug = 'k'", n)
		if got := get(t, v, "k"); got != fmt.Sprint(n) {
			t.Fatalf("read %s after %d", got, n)
		}
	}
}

// TestOtherNodes: what another node commits is seen within the bound, also while the
// connection that listens is lost again and again.
func TestOtherNodes(t *testing.T) {
	url := pgtest.Database(t)
	here, there := enginetest.PostgresAt(t, url), enginetest.PostgresAt(t, url)
	script(t, there, tables)
	run(t, there, "insert into links values ('k', 0, 1)")
	c := rowcache.New(rowcache.Config{DB: here})
	v := links(c)
	warm(t, c, v, "k")
	bound := here.Bound()
	type acked struct {
		n  int64
		at time.Time
	}
	var mu sync.Mutex
	history := []acked{{0, time.Now()}}
	for round := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		var wg sync.WaitGroup
		wg.Go(func() {
			for ctx.Err() == nil {
				n := history[len(history)-1].n + 1
				run(t, there, "update links set n = $1 where slug = 'k'", n)
				mu.Lock()
				history = append(history, acked{n, time.Now()})
				mu.Unlock()
				time.Sleep(10 * time.Millisecond)
			}
		})
		if round == 1 {
			wg.Go(func() {
				for ctx.Err() == nil {
					run(t, there, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like 'unlisten %'")
					time.Sleep(300 * time.Millisecond)
				}
			})
		}
		for ctx.Err() == nil {
			begun := time.Now()
			var got int64
			if _, err := fmt.Sscan(get(t, v, "k"), &got); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			for _, a := range history {
				if a.n > got && begun.Sub(a.at) > bound {
					t.Errorf("round %d: read %d, although %d was committed %s ago", round, got, a.n, begun.Sub(a.at))
				}
			}
			mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		cancel()
		wg.Wait()
	}
	warm(t, c, v, "k")
	last := fmt.Sprint(history[len(history)-1].n)
	waitFor(t, "the last commit", func() bool { return get(t, v, "k") == last })
}
