package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/disk"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/telemetry"
	"github.com/galleyhq/galley/internal/watch"
)

// monitor is what a server tells of itself.
type monitor struct {
	metrics  metrics.Registry
	requests *metrics.Requests
	checks   []httpapi.Check
	tracer   *telemetry.Tracer // nil when nothing is traced
	jobs     *jobMetrics
	// db is the database as all that a server does uses it: it tells of its
	// statements.
	db     database.DB
	bare   database.DB    // the same without the telling
	stream *backup.Stream // the continuous backup; nil without one
}

// measured is a part of the program that has metrics.
type measured interface{ WriteMetrics(*metrics.Writer) }

// newMonitor returns the monitor of a server on a database.
func newMonitor(db database.DB, c config.Config, version string, log *slog.Logger) *monitor {
	m := &monitor{requests: metrics.NewRequests(), tracer: newTracer(c, version, log), jobs: newJobMetrics(db), bare: db}
	m.db = watch.DB(db, watch.Config{Slow: c.Log.SlowQuery, OnSlow: slowLog(log), Trace: m.tracer != nil})
	if m.tracer != nil {
		m.metrics.Add(m.tracer.WriteMetrics)
	}
	m.metrics.Add(m.jobs.write)
	m.metrics.Add(metrics.Version("version", version, "engine", db.Engine()))
	m.metrics.Add(metrics.Process(time.Now()))
	m.metrics.Add(m.requests.Write)
	if d, ok := db.(measured); ok {
		m.metrics.Add(d.WriteMetrics)
	}
	m.checks = readiness(db, c)
	return m
}

// Begin implements httpapi.Watcher.
func (m *monitor) Begin(ctx context.Context, r *http.Request) context.Context {
	m.requests.Begin()
	return m.beginTrace(ctx, r)
}

// End implements httpapi.Watcher.
func (m *monitor) End(r *http.Request, o httpapi.Outcome) {
	pattern := r.Pattern
	if pattern == "" { // answered on the way: a preflight, a body too large
		pattern = "none"
	} else if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	m.requests.Done(pattern, r.Method, o.Status, o.Bytes, o.Took)
	m.endTrace(r, pattern, o)
}

// routes are those of a server of its own for scrapers and probes.
func (m *monitor) routes(c config.Config) http.Handler {
	var open http.Handler = httpapi.Chain(&m.metrics, quiet, httpapi.Compress())
	if c.Metrics.Token != "" {
		open = withToken(c.Metrics.Token, open, httpapi.Handler(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return fault.New(fault.InsufficientPrivilege, "metrics are for holders of the metrics token").WithStatus(http.StatusUnauthorized)
		}))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", open)
	mux.Handle("GET /health/live", httpapi.Health())
	mux.Handle("GET /health/ready", httpapi.Ready(m.checks...))
	mux.Handle("/", notFound)
	return mux
}

// guarded answers with the metrics to who shows the metrics token or the key of
// the service role.
func (m *monitor) guarded(c config.Config, v *token.Verifier) http.Handler {
	open := httpapi.Chain(&m.metrics, quiet, httpapi.Compress())
	service := httpapi.Chain(httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if id := httpapi.IdentityFrom(r.Context()); id.Role != "service_role" {
			return fault.New(fault.InsufficientPrivilege, "metrics are for the service role").
				WithHint("Show the service_role key or the token of metrics.token as a bearer token.")
		}
		open.ServeHTTP(w, r)
		return nil
	}), v.Middleware)
	if c.Metrics.Token == "" {
		return service
	}
	return withToken(c.Metrics.Token, open, service)
}

// withToken serves right to who shows a token, and wrong to all others. What is
// compared is hashes, so that the time tells nothing of the token, its length
// included.
func withToken(token string, right, wrong http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(shown)))
		if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			right.ServeHTTP(w, r)
			return
		}
		wrong.ServeHTTP(w, r)
	})
}

func quiet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpapi.KeepQuiet(r.Context())
		next.ServeHTTP(w, r)
	})
}

// serveBeside serves metrics and probes at metrics.listen, if there is one, until
// ctx is done. wait returns what ended it; fail ends the main server when it
// cannot go on.
func (m *monitor) serveBeside(ctx context.Context, c config.Config, log *slog.Logger, fail context.CancelCauseFunc) (wait func() error) {
	if c.Metrics.Listen == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		err := httpapi.Serve(ctx, httpapi.Config{
			Listen: c.Metrics.Listen, Handler: httpapi.Chain(m.routes(c), httpapi.Observe(log)), Logger: log, DrainTimeout: c.Server.ShutdownTimeout,
		})
		if err != nil {
			fail(err)
		}
		done <- err
	}()
	return func() error { return <-done }
}

// minFree is the room on the disk below which a server is not ready: what is left
// is for the write-ahead log, and to clean up.
const minFree = 64 << 20

// writerStuck is how long the writer may be at one piece of work before the
// server is not ready.
const writerStuck = time.Minute

// readiness is what a server needs to take requests.
func readiness(db database.DB, c config.Config) []httpapi.Check {
	checks := []httpapi.Check{{Name: "database", Run: db.Ping}}
	if w, ok := db.(interface{ WriterBusy() time.Duration }); ok {
		checks = append(checks,
			httpapi.Check{Name: "writer", Run: func(context.Context) error { return notStuck(w.WriterBusy()) }},
			httpapi.Check{Name: "disk", Run: func(context.Context) error { return enoughRoom(c.Database.Data) }})
	}
	return checks
}

// migrated is the check of a server that was told to leave migrations alone: it is
// not ready while some are pending. Once there are none it does not look again,
// since files do not change under a server that runs.
func migrated(m *migrate.Migrator) httpapi.Check {
	var done atomic.Bool
	return httpapi.Check{Name: "pending migrations", Run: func(ctx context.Context) error {
		if done.Load() {
			return nil
		}
		pending, err := m.Pending(ctx)
		if err != nil {
			return err
		}
		if len(pending) > 0 {
			return fmt.Errorf("%d are not applied, %s the first of them: run galley migrate up", len(pending), pending[0].Base())
		}
		done.Store(true)
		return nil
	}}
}

func notStuck(busy time.Duration) error {
	if busy > writerStuck {
		return fmt.Errorf("the writer has been at one piece of work for %s", busy.Round(time.Second))
	}
	return nil
}

func enoughRoom(dir string) error {
	room, ok, err := disk.RoomOf(dir)
	if err == nil && ok && room.Free < minFree {
		err = fmt.Errorf("%d MiB are free on the disk of %s, less than %d", room.Free>>20, dir, minFree>>20)
	}
	return err
}
