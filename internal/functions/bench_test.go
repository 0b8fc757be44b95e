//go:build unix

package functions_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/httpapi"
)

// benchmark calls a function without a network.
func benchmark(b *testing.B, change func(*config.Config)) {
	dir := b.TempDir()
	hello := filepath.Join(dir, "functions", "hello")
	if err := os.MkdirAll(hello, 0o755); err != nil {
		b.Fatal(err)
	}
	const source = `export const verifyJwt = false; export default (req: Request) => Response.json({ message: "Hello " + new URL(req.url).searchParams.get("name") + "!" });`
	if err := os.WriteFile(filepath.Join(hello, "index.ts"), []byte(source), 0o600); err != nil {
		b.Fatal(err)
	}
	c, _, err := config.Load(config.Source{Project: dir})
	if err != nil {
		b.Fatal(err)
	}
	change(&c)
	service, err := functions.New(functions.Config{DB: enginetest.Embedded(b), Settings: c, Secret: "x", Verify: verify,
		Anonymous: func() (httpapi.Identity, error) { return httpapi.Identity{Role: "anon"}, nil }, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	service.Start()
	defer service.Stop()
	if err := service.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	h := service.Handler()
	began := processorTime()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/functions/v1/hello?name=Ann", nil))
		if w.Body.String() != `{"message":"Hello Ann!"}` {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.ReportMetric(float64(processorTime()-began)/float64(b.N), "cpu-ns/op")
}

// processorTime is what the process has used so far: on a machine that others use too,
// the time that passes says little.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkHello is a call of an instance that is there.
func BenchmarkHello(b *testing.B) { benchmark(b, func(*config.Config) {}) }

// BenchmarkColdStart is a call that an instance has to be made for.
func BenchmarkColdStart(b *testing.B) {
	benchmark(b, func(c *config.Config) { c.Functions.Uses = 1 })
}
