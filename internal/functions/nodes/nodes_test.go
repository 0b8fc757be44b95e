package nodes_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/functions/nodes"
	"github.com/galleyhq/galley/internal/migrate"
)

// buffer is a log that is read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestDiffering has three nodes tell what they serve.
func TestDiffering(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, nodes.Part()); err != nil {
			t.Fatal(err)
		}
		log := &buffer{}
		begin := func(versions map[string]string) *nodes.Store {
			s := nodes.New(nodes.Config{DB: db, Every: 30 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(log, nil))})
			s.Start()
			t.Cleanup(s.Stop)
			s.Set(versions)
			return s
		}
		// want waits for what differs: for each function the numbers of nodes with a version.
		want := func(what string, expected map[string][]int) {
			t.Helper()
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				list, err := nodes.Differing(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				same := len(list) == len(expected)
				for _, d := range list {
					sum := 0
					for _, group := range d.Nodes {
						sum += len(group)
					}
					if w := expected[d.Function]; len(w) != 2 || len(d.Nodes) != w[0] || sum != w[1] {
						same = false
					}
				}
				if same {
					return
				}
				if time.Now().After(end) {
					t.Fatalf("%s: %+v", what, list)
				}
			}
		}
		a := begin(map[string]string{"hello": "1", "pay": "1"})
		b := begin(map[string]string{"hello": "1", "pay": "1"})
		want("the same", nil)
		b.Set(map[string]string{"hello": "1", "pay": "2"})
		want("one differs", map[string][]int{"pay": {2, 2}})
		begin(map[string]string{"hello": "1"})
		want("one is missing", map[string][]int{"pay": {3, 3}})
		for end := time.Now().Add(30 * time.Second); !strings.Contains(log.String(), "nodes serve different versions"); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the log does not tell")
			}
		}
		a.Stop()
		b.Stop()
		want("who left does not count", nil)
		var none *nodes.Store
		none.Start()
		none.Set(nil)
		none.Stop()
	})
}
