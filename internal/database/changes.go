package database

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/schema"
)

// Tracker is a DB that tells whether the rows of a table are still those that were
// read. Both engines are.
type Tracker interface {
	// Track has a table followed from now on, whichever connection or process changes
	// it. 0A000 is the answer for one that cannot be followed.
	Track(ctx context.Context, table *schema.Relation) (Tracked, error)
	// Bound is how long ago a commit of another node may be at most that a mark does
	// not show yet; 0 for none. Those of this node are shown before they are
	// acknowledged.
	Bound() time.Duration
}

// Tracked is a table that is followed. It may be asked from any goroutine.
type Tracked interface {
	// Mark is the same twice only if no commit between has changed the table: rows
	// that were read after one are what a read after the other would give. ok is false
	// while that cannot be told.
	Mark() (mark uint64, ok bool)
}
