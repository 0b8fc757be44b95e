package postgres

import (
	"context"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galleyhq/galley/internal/fault"
)

// typeNames maps the OIDs of types to their names in pg_type and back: those
// pgtype knows from a table, the others from the catalogue, read whole when one
// is met for the first time.
type typeNames struct {
	builtin *pgtype.Map
	pool    *pool

	mu     sync.RWMutex
	byOID  map[uint32]string
	byName map[string]uint32
}

func newTypeNames(p *pool) *typeNames {
	return &typeNames{builtin: pgtype.NewMap(), pool: p,
		byOID: map[uint32]string{}, byName: map[string]uint32{}}
}

// name returns the name of a type; an OID no catalogue knows is its own name.
func (t *typeNames) name(ctx context.Context, oid uint32) (string, error) {
	if known, ok := t.builtinName(oid); ok {
		return known, nil
	}
	if known, ok := t.cachedName(oid); ok {
		return known, nil
	}
	if err := t.load(ctx); err != nil {
		return "", err
	}
	if known, ok := t.cachedName(oid); ok {
		return known, nil
	}
	return strconv.FormatUint(uint64(oid), 10), nil
}

func (t *typeNames) builtinName(oid uint32) (string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if known, ok := t.builtin.TypeForOID(oid); ok {
		return known.Name, true
	}
	return "", false
}

func (t *typeNames) cachedName(oid uint32) (string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	known, ok := t.byOID[oid]
	return known, ok
}

// oids returns the OIDs of type names; 0, for an empty name, is inferred.
func (t *typeNames) oids(ctx context.Context, names []string) ([]uint32, error) {
	if len(names) == 0 {
		return nil, nil
	}
	out := make([]uint32, len(names))
	for i, name := range names {
		oid, err := t.oid(ctx, name)
		if err != nil {
			return nil, err
		}
		out[i] = oid
	}
	return out, nil
}

func (t *typeNames) oid(ctx context.Context, name string) (uint32, error) {
	if name == "" {
		return 0, nil
	}
	if oid, ok := t.cachedOID(name); ok {
		return oid, nil
	}
	if err := t.load(ctx); err != nil {
		return 0, err
	}
	if oid, ok := t.cachedOID(name); ok {
		return oid, nil
	}
	return 0, fault.New(fault.UndefinedObject, "type %q does not exist", name)
}

func (t *typeNames) cachedOID(name string) (uint32, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if known, ok := t.builtin.TypeForName(name); ok {
		return known.OID, true
	}
	oid, ok := t.byName[name]
	return oid, ok
}

// forget drops what was read from the catalogue.
func (t *typeNames) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.byOID)
	clear(t.byName)
}

// load reads pg_type on a connection of its own: the caller's is busy with the
// rows whose type is asked for, and waiting for another of the pool could wait
// for ever.
func (t *typeNames) load(ctx context.Context) error {
	pg, err := pgconn.ConnectConfig(ctx, t.pool.config)
	if err != nil {
		return convert(ctx, err)
	}
	defer newConn(pg, 0).close()
	const sql = "select oid, typname from pg_catalog.pg_type order by pg_catalog.pg_type_is_visible(oid), oid desc"
	result := pg.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	if result.Err != nil {
		return convert(ctx, result.Err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, row := range result.Rows {
		oid, err := strconv.ParseUint(string(row[0]), 10, 32)
		if err != nil {
			return fault.Internal(err)
		}
		// Visible types come last, so that a name means what the search path
		// makes of it.
		t.byOID[uint32(oid)], t.byName[string(row[1])] = string(row[1]), uint32(oid)
	}
	return nil
}
