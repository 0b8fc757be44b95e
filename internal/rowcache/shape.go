package rowcache

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

const (
	// retryAfter is how long a table that could not be followed is read from the
	// database before it is tried again.
	retryAfter = 5 * time.Second
	// warnEvery is the time between two warnings of that.
	warnEvery = time.Minute
)

// resolve finds out what the view is under the present schema.
func (v *View) resolve(ctx context.Context) (*shape, error) {
	present, err := v.cache.config.DB.Schema(ctx)
	if err != nil {
		return nil, err
	}
	if s := v.shape.Load(); s.fits(present) {
		return s, s.err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.shape.Load(); s.fits(present) {
		return s, s.err
	}
	s := v.newShape(ctx, present)
	if ctx.Err() == nil {
		v.shape.Store(s)
	}
	return s, s.err
}

func (s *shape) fits(present *schema.Snapshot) bool {
	return s != nil && s.snapshot == present && (s.tracked != nil || s.err != nil || time.Now().Before(s.retry))
}

func (v *View) newShape(ctx context.Context, present *schema.Snapshot) *shape {
	s := &shape{snapshot: present, id: v.cache.nextID.Add(1)}
	r := present.Relation(v.spec.Table.Schema, v.spec.Table.Name)
	if s.err = v.check(r); s.err != nil {
		return s
	}
	s.sql = v.sql()
	tracker, ok := v.cache.config.DB.(database.Tracker)
	if !ok {
		s.err = fault.Unsupported("rows of this database cannot be kept in memory")
		return s
	}
	var err error
	if s.tracked, err = tracker.Track(ctx, r); err == nil {
		return s
	}
	s.tracked = nil
	if fault.Code(err) == fault.FeatureNotSupported {
		s.err = err
		return s
	}
	s.retry = time.Now().Add(retryAfter)
	if now, last := time.Now().UnixNano(), v.cache.warned.Load(); now-last > int64(warnEvery) && v.cache.warned.CompareAndSwap(last, now) {
		v.cache.config.Logger.WarnContext(ctx, "rows of a table are not kept in memory, since its changes cannot be followed", "table", r.Name.Name, "error", err)
	}
	return s
}

// check tells whether the relation has what the view needs.
func (v *View) check(r *schema.Relation) error {
	name := v.spec.Table.Schema + "." + v.spec.Table.Name
	switch {
	case r == nil:
		return fault.New(fault.UndefinedTable, `relation "%s" does not exist`, name)
	case r.Kind != schema.Table || r.Partitioned:
		return fault.Unsupported("the rows of %s cannot be kept in memory: it is no table that holds all of its rows itself", name)
	}
	for _, k := range v.spec.Key {
		if r.Column(k) == nil {
			return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, k, name)
		}
	}
	same := func(unique []string) bool {
		return len(unique) == len(v.spec.Key) && !slices.ContainsFunc(unique, func(k string) bool { return !slices.Contains(v.spec.Key, k) })
	}
	if !same(r.PrimaryKey) && !slices.ContainsFunc(r.Uniques, same) {
		return fault.New(fault.InvalidParameter, "a row of %s is not told by (%s): it is no primary key or unique constraint", name, strings.Join(v.spec.Key, ", "))
	}
	return nil
}

func (v *View) sql() string {
	columns := v.spec.Columns
	if columns == "" {
		columns = "*"
	}
	var b strings.Builder
	b.WriteString("select " + columns + " from " + quoted(v.spec.Table.Schema) + "." + quoted(v.spec.Table.Name) + " where ")
	for i, k := range v.spec.Key {
		if i > 0 {
			b.WriteString(" and ")
		}
		b.WriteString(quoted(k) + " = $" + strconv.Itoa(i+1))
	}
	return b.String()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
