package differential

import (
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
)

// openEmbedded opens a fresh database of the embedded engine, closed by the
// test's cleanup.
func openEmbedded(t *testing.T) database.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
