package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
)

// otlp is what a collector has been told.
type otlp struct {
	mu    sync.Mutex
	spans []otlpSpan
	raw   bytes.Buffer
}

type otlpSpan struct {
	TraceID, SpanID, ParentSpanID, Name string
	Attributes                          []struct {
		Key   string
		Value map[string]any
	}
}

func (o *otlp) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return
	}
	body, _ := io.ReadAll(z)
	o.raw.Write(body)
	var got struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []otlpSpan }
		}
	}
	if json.Unmarshal(body, &got) == nil {
		o.spans = append(o.spans, got.ResourceSpans[0].ScopeSpans[0].Spans...)
	}
}

func (s *served) run(t *testing.T, sql string) {
	t.Helper()
	if _, err := database.Exec(s.db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// TestTraces follows a write and a job from the outside to the statement.
func TestTraces(t *testing.T) {
	var got otlp
	collector := httptest.NewServer(&got)
	defer collector.Close()
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) { traces(t, engine, &got, collector.URL) })
	}
}

func traces(t *testing.T, engine string, got *otlp, collector string) {
	got.spans = nil
	got.raw.Reset()
	s := serve(t, onEngine(t, engine, "GALLEY_TELEMETRY_OTLP_ENDPOINT="+collector))
	s.run(t, "create table notes (id int primary key, body text)")
	s.run(t, "grant all on notes to service_role")
	const trace = "0af7651916cd43dd8448eb211c80319c"
	r := httptest.NewRequest("POST", "/rest/v1/notes", strings.NewReader(`{"id": 1, "body": "a secret value"}`))
	r.Header.Set("Authorization", "Bearer "+s.keys.ServiceRole)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	handlers := s.monitor.handlers(map[string]jobs.Handler{"test": func(context.Context, *jobs.Job) error { return nil }})
	if err := handlers["test"](t.Context(), &jobs.Job{Kind: "test", Queue: "q"}); err != nil {
		t.Fatal(err)
	}
	s.monitor.close()

	byName := map[string]otlpSpan{}
	for _, span := range got.spans {
		byName[span.Name] = span
	}
	request, ok := byName["POST /rest/v1/{relation}"]
	if !ok || request.TraceID != trace || request.ParentSpanID != "b7ad6b7169203331" {
		t.Fatalf("%+v", got.spans)
	}
	var statement otlpSpan
	for _, span := range got.spans {
		for _, a := range span.Attributes {
			if a.Key == "db.query.text" && strings.Contains(a.Value["stringValue"].(string), "notes") {
				statement = span
			}
		}
	}
	if statement.ParentSpanID != request.SpanID {
		t.Errorf("the statement: %+v", statement)
	}
	if engine == "embedded" {
		for _, name := range []string{"galley.writer.wait", "galley.writer.commit"} {
			if span := byName[name]; span.ParentSpanID != statement.SpanID {
				t.Errorf("%s: %+v", name, span)
			}
		}
	}
	if job := byName["job test"]; job.TraceID == "" || job.TraceID == trace {
		t.Errorf("the job: %+v", job)
	}
	if strings.Contains(got.raw.String(), "secret value") {
		t.Error("a value is in the trace")
	}
	if !strings.Contains(s.log.String(), `"trace_id":"`+trace+`"`) {
		t.Errorf("no trace in the log: %s", s.log.String())
	}
}

// TestSlowStatements logs one with where it comes from and what it became.
func TestSlowStatements(t *testing.T) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			s := serve(t, onEngine(t, engine, "GALLEY_LOG_SLOW_QUERY=1ns"))
			s.run(t, "create table notes (id int primary key, body text)")
			s.run(t, "grant all on notes to service_role")
			s.log.Reset()
			w := ask(s, "/rest/v1/notes?body=eq.secret-value", s.keys.ServiceRole)
			var line map[string]any
			for text := range strings.Lines(s.log.String()) {
				var l map[string]any
				if json.Unmarshal([]byte(text), &l) == nil && l["msg"] == "slow statement" {
					line = l
				}
			}
			if line == nil {
				t.Fatalf("%d: nothing in %s", w.Code, s.log.String())
			}
			if line["request_id"] != w.Header().Get("X-Request-Id") || line["role"] != "service_role" || line["rows"] == nil ||
				line["duration_ms"].(float64) <= 0 || !strings.Contains(line["statement"].(string), "notes") {
				t.Errorf("%v", line)
			}
			plan, _ := line["plan"].(string)
			sqlite, _ := line["sqlite"].(string)
			if (engine == "embedded") != (strings.Contains(plan, "SCAN notes") && strings.Contains(sqlite, "SELECT")) {
				t.Errorf("plan %q of %q", plan, sqlite)
			}
			if strings.Contains(s.log.String(), "secret-value") {
				t.Error("a value is in the log")
			}
			s.log.Reset()
			if _, err := database.Exec(s.monitor.db.Query(t.Context(), database.Session{}, database.Statement{SQL: "select 'secret' from nothing"})); err == nil ||
				!strings.Contains(s.log.String(), `"code":"42P01"`) || strings.Contains(s.log.String(), "secret") {
				t.Errorf("%v: %s", err, s.log.String())
			}
		})
	}
	migrationsAreTold(t)
	off := serve(t, load(t, "GALLEY_LOG_SLOW_QUERY=0s"))
	if off.monitor.db != off.db {
		t.Error("something stands before the database though nothing is told")
	}
}

// migrationsAreTold runs a migration as a server does: its script is told of
// without its values, and a long one is cut.
func migrationsAreTold(t *testing.T) {
	s := serve(t, load(t, "GALLEY_LOG_SLOW_QUERY=1ns"))
	if err := os.MkdirAll(s.config.Migrations.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "create table told (a text);" + strings.Repeat("insert into told values ('secret value');", 2000)
	if err := os.WriteFile(filepath.Join(s.config.Migrations.Dir, "20260101000000_told.sql"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.log.Reset()
	if err := prepare(t.Context(), s.monitor.db, Options{Config: s.config, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	told := s.log.String()
	if !strings.Contains(strings.ToLower(told), "create table told") || strings.Contains(told, "secret") || strings.Count(told, "into told") > 200 {
		t.Errorf("the migration in the log: %.2000s", told)
	}
}

func TestJobMetrics(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *served) {
		handlers := s.monitor.handlers(map[string]jobs.Handler{
			"good":  func(context.Context, *jobs.Job) error { return nil },
			"bad":   func(context.Context, *jobs.Job) error { return io.EOF },
			"panic": func(context.Context, *jobs.Job) error { panic("oh") },
		})
		for kind, h := range handlers {
			func() {
				defer func() { _ = recover() }()
				_ = h(t.Context(), &jobs.Job{Kind: kind})
			}()
		}
		s.run(t, "select galley.enqueue('q', '{}')")
		got := map[string]float64{}
		all := scrape(t, s)
		for _, name := range []string{"galley_jobs_ended_total", "galley_jobs"} {
			for _, m := range all[name].Metric {
				var labels []string
				for _, l := range m.Label {
					labels = append(labels, l.GetValue())
				}
				got[strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
		for labels, want := range map[string]float64{"good completed": 1, "good failed": 0, "bad failed": 1, "panic failed": 1, "available": 1, "running": 0} {
			if n, ok := got[labels]; !ok || n != want {
				t.Errorf("%s: %v, %v", labels, n, got)
			}
		}
		if all["galley_jobs_oldest_seconds"] == nil || all["galley_job_duration_seconds"] == nil {
			t.Error("no latency")
		}
	})
}

func TestTracesURL(t *testing.T) {
	for given, want := range map[string]string{
		"http://c:4318": "http://c:4318/v1/traces", "http://c:4318/": "http://c:4318/v1/traces",
		"https://c/otlp": "https://c/otlp/v1/traces", "https://c/v1/traces": "https://c/v1/traces",
	} {
		if got := tracesURL(given); got != want {
			t.Errorf("%s: %s", given, got)
		}
	}
	var log bytes.Buffer
	tr := newTracer(load(t, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS=a=b%20c"), "v", slog.New(slog.NewTextHandler(&log, nil)))
	if tr == nil {
		t.Fatal("OTEL_EXPORTER_OTLP_ENDPOINT is not taken")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tr.Close(ctx)
}
