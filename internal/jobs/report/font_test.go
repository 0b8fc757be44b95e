package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/gomono"

	"github.com/galleyhq/galley/internal/jobs/report"
)

// TestFont sets PDF in a font of the project's, and finds at the start what is none.
func TestFont(t *testing.T) {
	dir := t.TempDir()
	mono, broken, none := filepath.Join(dir, "mono.ttf"), filepath.Join(dir, "broken.ttf"), filepath.Join(dir, "none.ttf")
	for path, content := range map[string][]byte{mono: gomono.TTF, broken: gomono.TTF[:5000]} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{broken, none} {
		if _, err := report.New(report.Config{Font: path}); err == nil || !strings.HasPrefix(err.Error(), "reports.font: ") {
			t.Errorf("%s: %v", path, err)
		}
	}
	onEngines(t, func(c *report.Config) { c.Font = mono }, func(f *fixture) {
		_, path := f.made(map[string]any{"sql": "select 'Ωμέγα' as a", "format": "pdf", "to": map[string]any{"file": "mono"}})
		if got := string(f.office("pdftotext", path, "-")); !strings.Contains(got, "Ωμέγα") {
			f.Errorf("%q", got)
		}
	})
}
