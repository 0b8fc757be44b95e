package rowcache_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/rowcache"
	"github.com/galleyhq/galley/internal/schema"
)

// gated is a database whose reads of links wait at a gate.
type gated struct {
	*embedded.DB
	gate  chan struct{}
	open  func() // the gate, for good
	reads atomic.Int64
}

// Query implements database.DB.
func (g *gated) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	rows, err := g.DB.Query(ctx, s, st)
	if strings.HasPrefix(st.SQL, `select n from "public"."links"`) {
		g.reads.Add(1)
		<-g.gate
	}
	return rows, err
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// newGated opens a database with more readers than are kept at the gate.
func newGated(t *testing.T) *gated {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db"), Readers: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	script(t, db, tables)
	run(t, db, "insert into links values ('k', 1, 1)")
	g := &gated{DB: db, gate: make(chan struct{})}
	g.open = sync.OnceFunc(func() { close(g.gate) })
	t.Cleanup(g.open) // before the database is closed, which waits for its readers
	return g
}

// TestOneReads: who asks for what is being read waits for it, but not for what was
// begun before a commit.
func TestOneReads(t *testing.T) {
	g := newGated(t)
	c := rowcache.New(rowcache.Config{DB: g})
	v := links(c)
	var wg sync.WaitGroup
	ask := func(n int, want string) {
		for range n {
			wg.Go(func() {
				if got := get(t, v, "k"); got != want {
					t.Errorf("read %s, expected %s", got, want)
				}
			})
		}
	}
	ask(50, "1")
	waitFor(t, "those who join", func() bool { return count(c, "joined_total") == 49 })
	waitFor(t, "the first reading", func() bool { return g.reads.Load() == 1 })
	run(t, g, "update links set n = 2 where slug = 'k'")
	ask(50, "2")
	waitFor(t, "those who join the second", func() bool { return count(c, "joined_total") == 98 })
	waitFor(t, "the second reading", func() bool { return g.reads.Load() == 2 })
	g.open()
	wg.Wait()
	ask(10, "2")
	wg.Wait()
	if n := g.reads.Load(); n != 2 {
		t.Errorf("%d reads at the end", n)
	}
}

// TestLeaving: the one who began a reading may leave; the others get it.
func TestLeaving(t *testing.T) {
	g := newGated(t)
	c := rowcache.New(rowcache.Config{DB: g})
	v := links(c)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, _, err := v.Get(ctx, "k"); first <- err }()
	waitFor(t, "the first", func() bool { return g.reads.Load() == 1 })
	waiting, leave := context.WithCancel(t.Context())
	go func() { _, _, err := v.Get(waiting, "k"); second <- err }()
	waitFor(t, "the second", func() bool { return count(c, "joined_total") == 1 })
	leave()
	if err := <-second; fault.Code(err) != fault.QueryCanceled {
		t.Errorf("who left: %v", err)
	}
	cancel()
	g.open()
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

// TestBounds: neither rows nor keys without a row fill the memory, and those without
// do not drive out those with one.
func TestBounds(t *testing.T) {
	db := enginetest.Embedded(t)
	script(t, db, tables)
	run(t, db, "insert into links (slug, n) select 'k' || i, i from generate_series(1, 2000) i")
	c := rowcache.New(rowcache.Config{DB: db, Rows: 320, Bytes: 1 << 20})
	v := links(c)
	for i := range 40 {
		get(t, v, fmt.Sprintf("k%d", i+1))
	}
	for i := range 3000 {
		get(t, v, fmt.Sprintf("absent%d", i))
	}
	misses := count(c, "misses_total")
	for i := range 40 {
		get(t, v, fmt.Sprintf("k%d", i+1))
	}
	if n := count(c, "misses_total") - misses; n != 0 {
		t.Errorf("%v of 40 rows were driven out by keys without any", n)
	}
	for i := range 2000 {
		get(t, v, fmt.Sprintf("k%d", i+1))
	}
	if rows, absent := count(c, "rows"), count(c, "absent"); rows > 320 || absent > 80 || rows < 100 {
		t.Errorf("%v rows, %v without", rows, absent)
	}
	small := rowcache.New(rowcache.Config{DB: db, Bytes: 64 << 10})
	v = links(small)
	for i := range 2000 {
		get(t, v, fmt.Sprintf("k%d", i+1))
		get(t, v, strings.Repeat("x", i))
	}
	if n := count(small, "bytes"); n > 90<<10 || n == 0 {
		t.Errorf("%v bytes", n)
	}
}

// TestRefused: what is no row of a table by a unique key.
func TestRefused(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		script(t, db, tables+"create table pairs (a int, b text, c int, unique (a, b)); grant all on pairs to service_role; insert into pairs values (1, 'x', 3)")
		c := rowcache.New(rowcache.Config{DB: db})
		for _, test := range []struct {
			table, key, value string
			code              string
		}{
			{"links", "slug", "a", ""},
			{"links", "other", "a", ""},
			{"links", "n", "1", fault.InvalidParameter},
			{"links", "nothing", "1", fault.UndefinedColumn},
			{"nothing", "a", "1", fault.UndefinedTable},
			{"shown", "slug", "a", fault.FeatureNotSupported},
			{"pairs", "a", "1", fault.InvalidParameter},
			{"clicks", "id", "a", fault.InvalidText},
			{"clicks", "id", "1", ""},
		} {
			v := c.View(rowcache.Spec{Table: schema.Name{Schema: "public", Name: test.table}, Key: []string{test.key}, Read: textOf})
			for range 2 {
				if _, _, err := v.Get(t.Context(), test.value); fault.Code(err) != test.code {
					t.Errorf("%s by %s: %v, expected %q", test.table, test.key, err, test.code)
				}
			}
		}
		v := c.View(rowcache.Spec{Table: schema.Name{Schema: "public", Name: "pairs"}, Key: []string{"b", "a"}, Columns: "c", Read: textOf})
		if got, found, err := v.Get(t.Context(), "x", "1"); got != "3" || !found || err != nil {
			t.Errorf("by two columns: %v %v %v", got, found, err)
		}
	})
}
