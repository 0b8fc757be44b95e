package vault

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/migrate"
)

const testSecret = "a secret of a test that is long enough"

func each(t *testing.T, test func(t *testing.T, db database.DB)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, Part()); err != nil {
			t.Fatal(err)
		}
		test(t, db)
	})
}

func store(t *testing.T, v *Vault, key, value string) {
	t.Helper()
	if err := v.Store(t.Context(), key, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, db database.DB) {
		v := New(Config{DB: db, Secret: testSecret})
		binary := string([]byte{0, 255, '\n', 0xc3, 0x28, '\''})
		store(t, v, "certificates/ca/a.org/a.org.crt", "first")
		store(t, v, "certificates/ca/a.org/a.org.crt", binary)
		store(t, v, "certificates/ca/a.org/a.org.key", "")
		store(t, v, "certificates/ca/a_org/x", "%_'\\")
		store(t, v, "certificates/cab/b.org/b.org.crt", "other")

		got, err := v.Load(t.Context(), "certificates/ca/a.org/a.org.crt")
		if err != nil || string(got) != binary {
			t.Errorf("Load: %q, %v", got, err)
		}
		for _, absent := range []string{"certificates/ca/a.org", "certificates/ca/a.org/a.org.crt/", "", "x"} {
			if _, err := v.Load(t.Context(), absent); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Load(%q): %v", absent, err)
			}
		}
		for _, c := range []struct {
			path      string
			recursive bool
			want      []string
		}{
			{"certificates", false, []string{"certificates/ca", "certificates/cab"}},
			{"certificates/ca", false, []string{"certificates/ca/a.org", "certificates/ca/a_org"}},
			{"certificates/ca/a.org", true, []string{"certificates/ca/a.org/a.org.crt", "certificates/ca/a.org/a.org.key"}},
			{"certificates/cab", true, []string{"certificates/cab/b.org", "certificates/cab/b.org/b.org.crt"}},
		} {
			got, err := v.List(t.Context(), c.path, c.recursive)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("List(%q, %t) = %q, %v", c.path, c.recursive, got, err)
			}
		}
		if _, err := v.List(t.Context(), "certificates/c", false); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("List of a folder that is not there: %v", err)
		}
		info, err := v.Stat(t.Context(), "certificates/ca/a.org/a.org.crt")
		if err != nil || info.Size != int64(len(binary)) || !info.IsTerminal || time.Since(info.Modified).Abs() > time.Hour {
			t.Errorf("Stat: %+v, %v", info, err)
		}
		if info, err := v.Stat(t.Context(), "certificates/ca"); err != nil || info.IsTerminal {
			t.Errorf("Stat of a folder: %+v, %v", info, err)
		}
		if err := v.Delete(t.Context(), "certificates/ca"); err != nil {
			t.Fatal(err)
		}
		if v.Exists(t.Context(), "certificates/ca/a_org/x") || !v.Exists(t.Context(), "certificates/cab") {
			t.Error("Delete of a folder left something in it, or took its neighbour")
		}
		if err := v.Delete(t.Context(), "certificates/ca"); err != nil {
			t.Errorf("Delete of what is not there: %v", err)
		}
	})
}

// TestSealed: the table gives nothing away, and what was sealed opens with the same
// secret and under the same key only.
func TestSealed(t *testing.T) {
	each(t, func(t *testing.T, db database.DB) {
		v := New(Config{DB: db, Secret: testSecret})
		const key = "-----BEGIN EC PRIVATE KEY-----"
		store(t, v, "a", key)
		rows, err := database.Records(t.Context(), database.Owner{DB: db}, "select key, sealed from galley.https_files")
		if err != nil || len(rows) != 1 || strings.Contains(rows[0].Text(1), "PRIVATE") {
			t.Fatalf("%v, %v", rows, err)
		}
		if _, err := New(Config{DB: db, Secret: testSecret + "x"}).Load(t.Context(), "a"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("another secret: %v", err)
		}
		if err := database.Run(t.Context(), database.Owner{DB: db}, "update galley.https_files set key = 'b'"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Load(t.Context(), "b"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("under another key: %v", err)
		}
		for _, role := range []string{"anon", "authenticated", "service_role"} {
			for _, table := range []string{"https_files", "https_locks"} {
				_, err := database.Collect(db.Query(t.Context(), database.Session{Role: role}, database.Statement{SQL: "select * from galley." + table}))
				if err == nil {
					t.Errorf("%s reads galley.%s", role, table)
				}
			}
		}
		if got, err := New(Config{DB: db, Secret: testSecret}).Load(t.Context(), "a"); !errors.Is(err, fs.ErrNotExist) || bytes.Contains(got, []byte("PRIVATE")) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestLock: of many who want a lock, on two nodes, one has it at a time.
func TestLock(t *testing.T) {
	each(t, func(t *testing.T, db database.DB) {
		t.Parallel() // it waits for leases
		nodes := []*Vault{New(Config{DB: db, Secret: testSecret, Lease: 6 * time.Second}), New(Config{DB: db, Secret: testSecret, Lease: 6 * time.Second})}
		var inside, most, times atomic.Int32
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				v := nodes[i%2]
				if err := v.Lock(t.Context(), "certificate"); err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(5 * time.Millisecond)
				times.Add(1)
				inside.Add(-1)
				if err := v.Unlock(t.Context(), "certificate"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most.Load() != 1 || times.Load() != 6 {
			t.Errorf("%d at once, %d times", most.Load(), times.Load())
		}
	})
}

// TestLease: a lock is renewed as long as its node lives; that of a dead one is free
// after its lease, and the dead one's Unlock does not give away the new holder's.
func TestLease(t *testing.T) {
	each(t, func(t *testing.T, db database.DB) {
		t.Parallel() // it waits for leases
		const lease = 6 * time.Second
		first, second := New(Config{DB: db, Secret: testSecret, Lease: lease}), New(Config{DB: db, Secret: testSecret, Lease: time.Minute})
		if got, err := first.TryLock(t.Context(), "a"); !got || err != nil {
			t.Fatal(got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), lease+2*time.Second)
		defer cancel()
		if err := second.Lock(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the lock of a node that lives was taken: %v", err)
		}
		first.mu.Lock()
		stop := first.held["a"]
		first.mu.Unlock()
		stop() // it is dead now
		if err := second.Lock(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if err := first.Unlock(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if got, err := first.TryLock(t.Context(), "a"); got || err != nil {
			t.Fatalf("the dead node gave away another's lock: %t, %v", got, err)
		}
		second.Close(t.Context())
		if got, err := first.TryLock(t.Context(), "a"); !got || err != nil {
			t.Fatalf("Close did not give the lock back: %t, %v", got, err)
		}
		first.Close(t.Context())
	})
}
