package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/httpapi"
)

const metricsToken = "a token for the scraper"

// onEngines runs a test on a server of each engine.
func onEngines(t *testing.T, env []string, test func(*testing.T, *served)) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) { test(t, serve(t, onEngine(t, engine, env...))) })
	}
}

// onEngine is a configuration for an engine.
func onEngine(t *testing.T, engine string, env ...string) config.Config {
	t.Helper()
	if engine == "postgres" {
		env = append(slices.Clip(env), "DATABASE_URL="+pgtest.Database(t))
	}
	return load(t, env...)
}

// served is the handler of a server, on a database of its own.
type served struct {
	http.Handler
	db      database.DB
	config  config.Config
	keys    Keys
	monitor *monitor
	log     bytes.Buffer
}

func serve(t *testing.T, c config.Config) *served {
	t.Helper()
	s := &served{config: c}
	log := slog.New(slog.NewJSONHandler(&s.log, nil))
	var err error
	if s.db, err = Open(t.Context(), c, log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close() })
	if s.keys, err = LoadKeys(t.Context(), s.db, c); err != nil {
		t.Fatal(err)
	}
	s.monitor = newMonitor(s.db, c, "v1.2.3", log)
	if s.Handler, err = newHandler(s.db, c, s.keys, s.monitor, extensions{}, log); err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(h http.Handler, path, bearer string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func scrape(t *testing.T, s *served) map[string]*dto.MetricFamily {
	t.Helper()
	w := ask(s, "/metrics", s.keys.ServiceRole)
	p := expfmt.NewTextParser(model.LegacyValidation)
	got, err := p.TextToMetricFamilies(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("status %d, %v", w.Code, err)
	}
	return got
}

func TestMetrics(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *served) {
		ask(s, "/rest/v1/nothing?id=eq.1", s.keys.ServiceRole)
		ask(s, "/rest/v1/rpc/nothing", s.keys.ServiceRole)
		ask(s, "/no/such/path", "")
		got := scrape(t, s)
		seen := map[string]float64{}
		for _, m := range got["galley_http_requests_total"].Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			seen[strings.Join(labels, " ")] = m.Counter.GetValue()
		}
		for _, want := range []string{"/rest/v1/{relation} GET 404", "/rest/v1/rpc/{function} GET 404", "/ GET 404"} {
			if seen[want] != 1 {
				t.Errorf("%s: %v times, of %v", want, seen[want], seen)
			}
		}
		if n := got["galley_http_requests_in_flight"].Metric[0].Gauge.GetValue(); n != 1 {
			t.Errorf("%v requests in flight", n)
		}
		names := []string{"galley_embedded_group_size", "galley_embedded_commit_duration_seconds", "galley_embedded_plan_cache_hits_total",
			"galley_embedded_readers_in_use", "galley_embedded_page_cache_misses_total", "galley_embedded_wal_pages"}
		if s.db.Engine() == "postgres" {
			names = []string{"galley_postgres_connections_in_use", "galley_postgres_connects_total", "galley_postgres_wait_duration_seconds"}
		}
		for _, name := range append(names, "galley_database_size_bytes", "galley_build_info", "go_goroutines", "process_start_time_seconds") {
			if got[name] == nil {
				t.Errorf("%s is missing", name)
			}
		}
		if size := got["galley_database_size_bytes"].Metric[0].Gauge.GetValue(); size < 4096 {
			t.Errorf("the database has %v bytes", size)
		}
		if strings.Contains(s.log.String(), `"path":"/metrics"`) {
			t.Error("scrapes are logged")
		}
	})
}

// TestEmbeddedMetrics looks whether the numbers are those of what was done.
func TestEmbeddedMetrics(t *testing.T) {
	s := serve(t, load(t))
	run := func(sql string) {
		t.Helper()
		if _, err := database.Exec(s.db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
			t.Fatal(err)
		}
	}
	run("create table t (id int primary key)")
	value := func(name string) float64 {
		t.Helper()
		m := scrape(t, s)[name].Metric[0]
		switch {
		case m.Counter != nil:
			return m.Counter.GetValue()
		case m.Gauge != nil:
			return m.Gauge.GetValue()
		}
		return float64(m.Histogram.GetSampleCount())
	}
	const commits, hits, misses = "galley_embedded_commit_duration_seconds", "galley_embedded_plan_cache_hits_total", "galley_embedded_plan_cache_misses_total"
	before := value(commits)
	run("insert into t values (1)")
	run("insert into t values (2)")
	if n := value(commits) - before; n != 2 {
		t.Errorf("two inserts are %v commits", n)
	}
	run("select * from t") // a read is looked up twice
	h, m := value(hits), value(misses)
	run("select * from t")
	if value(hits) <= h || value(misses) != m {
		t.Errorf("a repeated statement: hits %v → %v, misses %v → %v", h, value(hits), m, value(misses))
	}
	rows, err := s.db.Query(t.Context(), database.Session{}, database.Statement{SQL: "select * from t"})
	if err != nil {
		t.Fatal(err)
	}
	if n := value("galley_embedded_readers_in_use"); n != 1 {
		t.Errorf("%v readers in use", n)
	}
	rows.Close()
	if n := value("galley_embedded_readers_in_use"); n != 0 {
		t.Errorf("%v readers in use", n)
	}
}

func TestMetricsAreClosed(t *testing.T) {
	open := serve(t, load(t))
	for name, c := range map[string]struct {
		bearer string
		want   int
	}{
		"nothing": {"", 401}, "the anon key": {open.keys.Anon, 401}, "nonsense": {"nonsense", 401},
		"the metrics token, of which there is none": {metricsToken, 401}, "the service role": {open.keys.ServiceRole, 200},
	} {
		if w := ask(open, "/metrics", c.bearer); w.Code != c.want {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	guarded := serve(t, load(t, "GALLEY_METRICS_TOKEN="+metricsToken))
	for bearer, want := range map[string]int{"": 401, metricsToken: 200, metricsToken + "x": 401, guarded.keys.ServiceRole: 200} {
		if w := ask(guarded, "/metrics", bearer); w.Code != want {
			t.Errorf("with a token, %q: %d", bearer, w.Code)
		}
	}
	beside := serve(t, load(t, "GALLEY_METRICS_LISTEN=127.0.0.1:0"))
	if w := ask(beside, "/metrics", beside.keys.ServiceRole); w.Code != 404 {
		t.Errorf("metrics of an address of their own are at the other, too: %d", w.Code)
	}
	alone := beside.monitor.routes(beside.config)
	for path, want := range map[string]int{"/metrics": 200, "/health/live": 200, "/health/ready": 200, "/rest/v1/t": 404} {
		if w := ask(alone, path, ""); w.Code != want {
			t.Errorf("%s beside: %d", path, w.Code)
		}
	}
	beside.config.Metrics.Token = metricsToken
	alone = beside.monitor.routes(beside.config)
	if a, b := ask(alone, "/metrics", ""), ask(alone, "/metrics", metricsToken); a.Code != 401 || b.Code != 200 {
		t.Errorf("beside, with a token: %d, %d", a.Code, b.Code)
	}
}

// TestServeBeside starts a whole server with metrics at an address of their own,
// and one whose address is taken.
func TestServeBeside(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	c := load(t, "GALLEY_METRICS_LISTEN="+taken.Listener.Addr().String(), "GALLEY_SERVER_LISTEN=127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := Serve(ctx, Options{Config: c, Logger: slog.New(slog.DiscardHandler), Banner: io.Discard})
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "listen on") {
		t.Errorf("the address is taken: %v", err)
	}
}

func TestReadiness(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *served) {
		var body struct {
			Status string
			Checks map[string]string
		}
		w := ask(s, "/health/ready", "")
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 200 || body.Status != "ready" || body.Checks["database"] != "ok" {
			t.Errorf("%d %s %v", w.Code, w.Body, err)
		}
		if _, ok := body.Checks["writer"]; ok != (s.db.Engine() == "embedded") {
			t.Errorf("%v", body.Checks)
		}
		_ = s.db.Close()
		if w := ask(s, "/health/ready", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "database") {
			t.Errorf("with a closed database: %d %s", w.Code, w.Body)
		}
		if w := ask(s, "/health/live", ""); w.Code != 200 {
			t.Errorf("live: %d", w.Code)
		}
	})
	if notStuck(time.Second) != nil || notStuck(2*writerStuck) == nil {
		t.Error("a stuck writer is not told from a busy one")
	}
	if enoughRoom(t.TempDir()) != nil || enoughRoom("/no/such/folder") == nil {
		t.Error("room on the disk")
	}
	slow := httpapi.Check{Name: "slow", Run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	broken := httpapi.Check{Name: "broken", Run: func(context.Context) error { panic(errors.New("oh")) }}
	w := ask(httpapi.Ready(slow, broken), "/", "")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "slow, broken") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A server that was told to leave migrations alone is not ready before somebody
// applied them.
func TestNotReadyWithPendingMigrations(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *served) {
		if err := os.MkdirAll(s.config.Migrations.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(s.config.Migrations.Dir, "20260101000000_first.sql")
		if err := os.WriteFile(file, []byte("create table first (id int primary key);"), 0o600); err != nil {
			t.Fatal(err)
		}
		m := NewMigrator(s.db, s.config, slog.New(slog.DiscardHandler))
		h := httpapi.Ready(migrated(m))
		if w := ask(h, "/ready", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "pending migrations") {
			t.Errorf("with a pending one: %d %s", w.Code, w.Body)
		}
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w := ask(h, "/ready", ""); w.Code != 200 {
			t.Errorf("with none: %d %s", w.Code, w.Body)
		}
	})
}
