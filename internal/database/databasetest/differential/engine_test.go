package differential

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// openEmbedded opens a fresh database of the embedded engine, closed by the
// test's cleanup. While it is nil the comparison is skipped. This is the one
// place to switch it on; then run once with -mark -update, to mark what is
// refused and to start the ledger.
var openEmbedded func(t *testing.T) database.DB
