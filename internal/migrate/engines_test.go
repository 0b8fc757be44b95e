package migrate_test

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
)

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	enginetest.Each(t, test)
}
