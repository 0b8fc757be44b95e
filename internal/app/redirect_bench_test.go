//go:build unix

package app

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/functions/processor"
)

// redirectLinks is how many links are followed, one after the other.
const redirectLinks = 10_000

const redirectSchema = `
create table links (id bigint generated always as identity primary key, slug text not null unique, target text not null, direct boolean not null default true);
create table visits (id bigint generated always as identity primary key, link bigint not null references links on delete cascade, at timestamptz not null default now(),
	referrer text, agent text, country text, visitor text);
create index visits_link on visits (link, at);`

// BenchmarkRedirect compares redirects of a table, whose every visit is recorded, with
// those of net/http alone, which always answers the same. 32 connections of one process
// with both servers follow them in turns; the median of the turns counts. Visits are
// written while others are answered, and what is left of them within the time of the
// turn. Processor time is that of the process, with those who follow the links and
// without PostgreSQL; it tells more on a machine that others use too.
func BenchmarkRedirect(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchmarkRedirect(b) })
	b.Run("postgres", func(b *testing.B) { benchmarkRedirect(b, "DATABASE_URL="+pgtest.Database(b)) })
}

func benchmarkRedirect(b *testing.B, env ...string) {
	c := load(b, append(env, "GALLEY_REDIRECTS_LINKS_PATH=/:slug", "GALLEY_REDIRECTS_LINKS_TABLE=links", "GALLEY_REDIRECTS_LINKS_WHEN=direct", "GALLEY_REDIRECTS_LINKS_RECORD=visits")...)
	if err := os.MkdirAll(c.Migrations.Dir, 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Migrations.Dir, "1_links.sql"), []byte(redirectSchema), 0o600); err != nil {
		b.Fatal(err)
	}
	s, err := Start(b.Context(), Options{Config: c, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = s.Close()
		}
	}()
	own := database.Owner{DB: s.DB}
	if err := database.Run(b.Context(), own, "insert into links (slug, target) select 's' || n, 'https://example.org/' || n from generate_series(0, $1::int) n", redirectLinks-1); err != nil {
		b.Fatal(err)
	}
	galley := httptest.NewServer(s.Handler)
	defer galley.Close()
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://example.org/0", http.StatusFound)
	}))
	defer bare.Close()
	const rounds = 6
	var shares, rates, bares, takes, cpus []float64
	followed := 0
	written := func() int {
		n, err := database.Records(context.WithoutCancel(b.Context()), own, "select coalesce(max(id), 0) from visits")
		if err != nil {
			b.Fatal(err)
		}
		return int(n[0].Int(0))
	}
	for round := range rounds {
		n := max(b.N, 1000)
		begun, cpu := time.Now(), processor.Process()
		follow(b, galley.Listener.Addr().String(), n)
		if followed += n; round > 0 { // the first one fills the memory
			for written() < followed {
				time.Sleep(5 * time.Millisecond)
			}
		}
		ours, oursTook := float64(n)/time.Since(begun).Seconds(), processor.Process()-cpu
		begun, cpu = time.Now(), processor.Process()
		follow(b, bare.Listener.Addr().String(), n)
		theirs, theirsTook := float64(n)/time.Since(begun).Seconds(), processor.Process()-cpu
		if round > 0 {
			shares, rates, bares = append(shares, ours/theirs), append(rates, ours), append(bares, theirs)
			takes, cpus = append(takes, float64(oursTook.Microseconds())/float64(n)), append(cpus, float64(theirsTook)/float64(oursTook))
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	closed = true
	b.ReportMetric(median(shares), "of-bare")
	b.ReportMetric(median(cpus), "cpu-of-bare")
	b.ReportMetric(median(takes), "cpu-µs")
	b.ReportMetric(median(rates), "redirects/s")
	b.ReportMetric(median(bares), "bare/s")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// follow follows n links on 32 connections.
func follow(b *testing.B, address string, n int) {
	const connections = 32
	var wg sync.WaitGroup
	for k := range connections {
		wg.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
			r := bufio.NewReaderSize(c, 4<<10)
			for i := k; i < n; i += connections {
				fmt.Fprintf(c, "GET /s%d HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) visitor %d\r\nReferer: https://news.example/%d\r\nAccept: */*\r\n\r\n", i%redirectLinks, i, i)
				if err := answered(r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// answered reads a redirect to its end.
func answered(r *bufio.Reader) error {
	length, head := 0, ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if head == "" {
			head = line
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			_, _ = fmt.Sscan(value, &length)
		}
		if line == "\r\n" {
			break
		}
	}
	if !strings.HasPrefix(head, "HTTP/1.1 302") {
		return fmt.Errorf("answered %q", head)
	}
	_, err := r.Discard(length)
	return err
}
