package cache_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/host/cache"
	"github.com/galleyhq/galley/internal/migrate"
)

func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "cache", Steps: cache.Schema(db.Engine())}); err != nil {
			t.Fatal(err)
		}
		test(t, db)
	})
}

// expire moves what is kept into the past.
func expire(t *testing.T, db database.DB, key string) {
	t.Helper()
	if err := database.Run(t.Context(), database.Owner{DB: db}, "update galley.function_cache set expires_at = now() - interval '1 second' where key = $1", key); err != nil {
		t.Fatal(err)
	}
}

func TestCache(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx := t.Context()
		here, there := cache.New(cache.Config{DB: db}), cache.New(cache.Config{DB: db})
		get := func(key string) string {
			t.Helper()
			v, ok, err := there.Get(ctx, key)
			return fmt.Sprintf("%s %v %v", v, ok, err)
		}
		if got := get("a"); got != " false <nil>" {
			t.Errorf("nothing: %s", got)
		}
		for _, value := range []string{`{"a":[1,null,"ü"]}`, `null`, `""`} {
			if err := here.Set(ctx, "a", value, time.Hour); err != nil {
				t.Fatal(err)
			}
			if got := get("a"); got != value+" true <nil>" {
				t.Errorf("%s: %s", value, got)
			}
		}
		expire(t, db, "a")
		if got := get("a"); got != " false <nil>" {
			t.Errorf("expired: %s", got)
		}
		if was, err := here.Delete(ctx, "a"); was || err != nil {
			t.Errorf("delete of an expired one: %v, %v", was, err)
		}
		if err := here.Set(ctx, "a", "1", time.Hour); err != nil {
			t.Fatal(err)
		}
		if was, err := here.Delete(ctx, "a"); !was || err != nil || get("a") != " false <nil>" {
			t.Errorf("delete: %v, %v, %s", was, err, get("a"))
		}
	})
}

func TestIncrement(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx := t.Context()
		c := cache.New(cache.Config{DB: db})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 10 {
					if _, err := c.Increment(ctx, "n", 2, time.Hour); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n, err := c.Increment(ctx, "n", -1, time.Hour); n != 79 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		expire(t, db, "n")
		if n, err := c.Increment(ctx, "n", 5, time.Hour); n != 5 || err != nil {
			t.Errorf("after it expired: %d, %v", n, err)
		}
		if v, ok, err := c.Get(ctx, "n"); v != "5" || !ok || err != nil {
			t.Errorf("%s, %v, %v", v, ok, err)
		}
		for value, code := range map[string]string{`"x"`: fault.InvalidText, "1.5": fault.InvalidText, "9223372036854775807": fault.NumericOutOfRange} {
			if err := c.Set(ctx, "v", value, time.Hour); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Increment(ctx, "v", 1, time.Hour); fault.Code(err) != code || !strings.Contains(err.Error(), "in the cache") {
				t.Errorf("%s: %v", value, err)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		c := cache.New(cache.Config{DB: db})
		for name, s := range map[string]struct {
			key, value string
			ttl        time.Duration
		}{
			"no key": {"", "1", time.Hour}, "long key": {strings.Repeat("k", 513), "1", time.Hour}, "zero": {"a\x00b", "1", time.Hour},
			"long": {"k", strings.Repeat("1", cache.MaxValue+1), time.Hour}, "no time": {"k", "1", 0}, "for ever": {"k", "1", cache.MaxTTL + 1}, "past": {"k", "1", -1},
		} {
			if err := c.Set(t.Context(), s.key, s.value, s.ttl); fault.Code(err) != fault.InvalidParameter {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := database.Collect(db.Query(t.Context(), database.Session{Role: "service_role"}, database.Statement{SQL: "select * from galley.function_cache"}))
		if fault.Code(err) != fault.InsufficientPrivilege {
			t.Errorf("the service role reads the table: %v", err)
		}
	})
}

// TestSweep holds that expired entries go, and those that expire first when there
// are too many or too large ones; and that writing alone has it done.
func TestSweep(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx := t.Context()
		left := func() string {
			t.Helper()
			rows, err := database.Records(ctx, database.Owner{DB: db}, "select key from galley.function_cache order by key")
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, r := range rows {
				out = append(out, r.Text(0))
			}
			return strings.Join(out, " ")
		}
		c := cache.New(cache.Config{DB: db, Entries: 3, Bytes: 998})
		for i, key := range []string{"a", "b", "c", "d", "e"} {
			if err := c.Set(ctx, key, "1", time.Duration(10-i)*time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		expire(t, db, "a")
		if err := c.Sweep(ctx); err != nil || left() != "b c d" {
			t.Errorf("%s, %v", left(), err)
		}
		if err := c.Set(ctx, "big", `"`+strings.Repeat("x", 990)+`"`, 20*time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := c.Sweep(ctx); err != nil || left() != "b big" {
			t.Errorf("%s, %v", left(), err)
		}
		fresh := cache.New(cache.Config{DB: db, Entries: 100})
		for i := range 450 {
			if err := fresh.Set(ctx, fmt.Sprint("k", i), "1", time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(strings.Fields(left())); n > 300 {
			t.Errorf("%d entries: nobody swept", n)
		}
	})
}
