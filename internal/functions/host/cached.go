package host

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host/rows"
	"github.com/galleyhq/galley/internal/qr"
	"github.com/galleyhq/galley/internal/rowcache"
	"github.com/galleyhq/galley/internal/schema"
)

// cached is cached(table, columns, ...values): the row as the answer of a statement,
// which may come from memory. columns is a JSON array of names.
func (s *Services) cached(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	if _, err := writing(ctx, "cached"); err != nil { // it would not see what the transaction has done
		return nil, err
	}
	if s.config.Rows == nil {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "this server keeps no rows in memory")
	}
	var columns []string
	if err := json.Unmarshal([]byte(a.Text(1)), &columns); err != nil || len(columns) == 0 || len(columns) != len(args)-2 {
		return nil, invalid("cached: the key has no columns")
	}
	key := make([]string, len(columns))
	for i := range key {
		value, err := argument(a[i+2])
		if err != nil {
			return nil, err
		}
		text, ok := value.Get()
		if !ok {
			return engine.JSON(answer(rows.Result{JSON: []byte(beforeRows + "[]")})), nil // NULL is no key's
		}
		key[i] = text
	}
	v, err := s.config.Rows.Named("function\x00"+a.Text(0)+"\x00"+a.Text(1), func() rowcache.Spec {
		return rowcache.Spec{Table: nameOf(a.Text(0)), Key: columns, Read: s.readCached}
	})
	if err != nil {
		return nil, err
	}
	value, _, err := v.Get(ctx, key...)
	return value, err
}

func nameOf(table string) schema.Name {
	if in, name, ok := strings.Cut(table, "."); ok {
		return schema.Name{Schema: in, Name: name}
	}
	return schema.Name{Schema: "public", Name: table}
}

func (s *Services) readCached(in database.Rows) (any, int, bool, error) {
	r, err := rows.Read(in, s.rowLimits(), []byte(beforeRows))
	if err != nil {
		return nil, 0, false, err
	}
	value := engine.JSON(answer(r))
	return value, len(value), r.Count > 0, nil
}

// qr is qr(text, level): SVG.
func (s *Services) qr(_ context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	level := a.Text(1)
	if len(level) != 1 || !strings.Contains(qr.Levels, level) {
		return nil, invalid("qr: the level is %q, expected one of L, M, Q, H", clip(level, 20))
	}
	svg, err := qr.SVG(a.Text(0), level[0])
	if err != nil {
		return nil, invalid("qr: %s", err)
	}
	return svg, nil
}
