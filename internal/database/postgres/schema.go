package postgres

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/database/postgres/introspect"
	"github.com/galleyhq/galley/internal/schema"
)

// schemaCache is the present snapshot and the generation it was read in.
type schemaCache struct {
	present atomic.Pointer[generationSnapshot]
	loading sync.Mutex // one reader of the catalogue at a time
}

type generationSnapshot struct {
	generation uint64
	snapshot   *schema.Snapshot
}

// Schema implements database.DB. Without a known change it costs two loads.
func (d *DB) Schema(ctx context.Context) (*schema.Snapshot, error) {
	if p := d.schema.present.Load(); p != nil && p.generation == d.generation.Load() {
		return p.snapshot, nil
	}
	d.schema.loading.Lock()
	defer d.schema.loading.Unlock()
	if p := d.schema.present.Load(); p != nil && p.generation == d.generation.Load() {
		return p.snapshot, nil
	}
	return d.readSchema(ctx)
}

// Reload reads the schema again, for a change that nobody told of.
func (d *DB) Reload(ctx context.Context) error {
	d.schema.loading.Lock()
	defer d.schema.loading.Unlock()
	before := d.schema.present.Load()
	generation := d.generation.Load()
	now, err := d.readSchema(ctx)
	if err != nil {
		return err
	}
	if before != nil && before.generation == generation && before.snapshot.Version != now.Version {
		d.changed() // the connections' prepared statements are stale too
		d.schema.present.Store(&generationSnapshot{generation + 1, now})
	}
	return nil
}

// readSchema reads the catalogue. The generation is noted before, so that a
// change meanwhile makes the result old. An unchanged schema keeps its snapshot.
func (d *DB) readSchema(ctx context.Context) (*schema.Snapshot, error) {
	generation := d.generation.Load()
	now, err := introspect.Read(ctx, d)
	if err != nil {
		return nil, err
	}
	if before := d.schema.present.Load(); before != nil && before.snapshot.Version == now.Version {
		now = before.snapshot
	}
	d.schema.present.Store(&generationSnapshot{generation, now})
	return now, nil
}

// Inventory implements database.Describer.
func (d *DB) Inventory(ctx context.Context) (*schema.Inventory, error) {
	return introspect.Inventory(ctx, d)
}
