//go:build unix

package app

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/hooks"
)

// slowHook is how long the slow hook of the benchmark takes: half of what it may.
const slowHook = 50 * time.Millisecond

// waiting is a hook that takes its time.
type waiting time.Duration

func (waiting) Before(context.Context, database.Tx, *hooks.Event) error { return nil }
func (w waiting) After(ctx context.Context, _ database.Tx, _ *hooks.Event) error {
	if w == 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(w)):
	case <-ctx.Done():
	}
	return nil
}

// hookTables are two tables like items, with hooks.
func hookTables() string {
	table, _, _ := strings.Cut(benchSchema, "insert into items")
	return strings.ReplaceAll(table, "items", "watched") + strings.ReplaceAll(table, "items", "slow")
}

// BenchmarkHooks measures what a hook before and one after that do nothing add to an
// insert, of 32 connections in turns, and the 99th percentile of single inserts into a
// table without hooks while another client's inserts have a slow hook.
func BenchmarkHooks(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchHooks(b) })
	b.Run("postgres", func(b *testing.B) { benchHooks(b, "DATABASE_URL="+pgtest.Database(b)) })
}

func benchHooks(b *testing.B, env ...string) {
	insert := []string{hooks.Insert}
	h, key := benchHandler(b, benchProject{script: hookTables(), env: env, hooks: []hooks.Entry{
		{Name: "nothing", Schema: "public", Table: "watched", Before: insert, After: insert, Hook: waiting(0)},
		{Name: "slow", Schema: "public", Table: "slow", Before: insert, After: insert, Hook: waiting(slowHook)},
	}})
	s := httptest.NewServer(h)
	defer s.Close()
	e := connectEnqueue(b, s, key, connections)
	plain, watched := enqueueWay{"insert", "/items"}, enqueueWay{"insert-with-hooks", "/watched"}
	e.drive(b, plain, watched)
	e.report(b, "added-by-hooks", watched, plain)
	n := max(100, min(b.N, 1000))
	b.ReportMetric(e.p99(b, n), "p99-alone-ms")
	stop, slowed := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { e.keepSlow(b, dial(b, s, connections), stop, slowed) })
	<-slowed
	b.ReportMetric(e.p99(b, n), "p99-beside-ms")
	close(stop)
	wg.Wait()
}

// keepSlow inserts rows whose hook is slow until it is told to stop, each after a
// pause of the same length.
func (e *enqueueServer) keepSlow(b *testing.B, c *client, stop <-chan struct{}, first chan<- struct{}) {
	once := sync.OnceFunc(func() { close(first) })
	defer once()
	for {
		if _, err := c.exchange(e.insert("/slow")); err != nil {
			b.Error(err)
			return
		}
		once()
		select {
		case <-stop:
			return
		case <-time.After(slowHook):
		}
	}
}

// insert is a request that inserts a row.
func (e *enqueueServer) insert(path string) []byte {
	const body = `{"title":"buy milk"}`
	return fmt.Appendf(nil, "POST /rest/v1%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, e.key, len(body), body)
}

// p99 is the 99th percentile of n inserts one after the other, in milliseconds.
func (e *enqueueServer) p99(b *testing.B, n int) float64 {
	took := make([]float64, n)
	for i := range took {
		start := time.Now()
		if _, err := e.clients[0].exchange(e.insert("/items")); err != nil {
			b.Fatal(err)
		}
		took[i] = float64(time.Since(start).Microseconds()) / 1000
	}
	slices.Sort(took)
	return took[n*99/100]
}
