package differential

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// openEmbedded opens a fresh database of the embedded engine, closed by the
// test's cleanup. While it is nil the comparison is skipped.
var openEmbedded func(t *testing.T) database.DB
