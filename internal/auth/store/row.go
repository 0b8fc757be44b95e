package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Object is a JSON object of a column.
type Object map[string]any

// Time is a timestamp, with a time zone or without, which means UTC.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(raw []byte) error {
	text := strings.Trim(string(raw), `"`)
	switch text {
	case "null":
		return nil
	case "infinity": // a ban without an end, say, that SQL put there
		t.Time = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		return nil
	case "-infinity":
		t.Time = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
		return nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05", text)
	}
	t.Time = at.UTC()
	return err
}

// Change is a column and its new value: nil, text, a number, a time, an Object.
// Columns are constants of the program, never input.
type Change struct {
	Column string
	Value  any
}

// Set is short for a Change.
func Set(column string, value any) Change { return Change{column, value} }

// NewID is a random UUID (RFC 9562, version 4).
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// one reads the row that a statement gives, as JSON in its first column; nil when
// it gives none.
func one[T any](ctx context.Context, q database.Querier, sql string, args ...any) (*T, error) {
	all, err := many[T](ctx, q, sql, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// many reads rows that are JSON in the first column.
func many[T any](ctx context.Context, q database.Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, database.Statement{SQL: sql, Args: arguments(args)})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var v T
		if err := json.Unmarshal(rows.Value(0), &v); err != nil {
			return nil, fault.Internal(fmt.Errorf("a row of schema auth: %w", err))
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// exec runs a statement and tells how many rows it changed.
func exec(ctx context.Context, q database.Querier, sql string, args ...any) (int64, error) {
	tag, err := database.Exec(q.Query(ctx, database.Statement{SQL: sql, Args: arguments(args)}))
	if err != nil {
		return 0, err
	}
	var n int64
	_, _ = fmt.Sscan(tag[strings.LastIndexByte(tag, ' ')+1:], &n) // a tag ends in the number
	return n, nil
}

// arguments are values as parameters; what the boundary has no text for is JSON.
func arguments(values []any) []database.Arg {
	for i, v := range values {
		switch v := v.(type) {
		case Object:
			values[i] = document(v)
		case Time:
			values[i] = database.Stamp(v.Time)
		case *Time:
			values[i] = nil
			if v != nil {
				values[i] = database.Stamp(v.Time)
			}
		case time.Time:
			values[i] = database.Stamp(v)
		}
	}
	return database.Args(values...)
}

func document(o Object) any {
	if o == nil {
		return nil
	}
	raw, err := json.Marshal(o)
	if err != nil { // it was made of JSON
		panic(err)
	}
	return string(raw)
}

// insert adds a row of a table of schema auth and returns it.
func insert[T any](ctx context.Context, q database.Querier, table string, columns ...Change) (*T, error) {
	names, places, args := make([]string, len(columns)), make([]string, len(columns)), make([]any, len(columns))
	for i, c := range columns {
		names[i], places[i], args[i] = c.Column, fmt.Sprintf("$%d", i+1), c.Value
	}
	return one[T](ctx, q, fmt.Sprintf("insert into auth.%s (%s) values (%s) returning row_to_json(%[1]s)",
		table, strings.Join(names, ", "), strings.Join(places, ", ")), args...)
}

// update changes the row of a table of schema auth that has an id and returns it,
// nil when there is none.
func update[T any](ctx context.Context, q database.Querier, table, id string, columns []Change) (*T, error) {
	sets, args := make([]string, len(columns)), []any{id}
	for i, c := range columns {
		sets[i] = fmt.Sprintf("%s = $%d", c.Column, i+2)
		args = append(args, c.Value)
	}
	return one[T](ctx, q, fmt.Sprintf("update auth.%s set %s where id = $1 returning row_to_json(%[1]s)",
		table, strings.Join(sets, ", ")), args...)
}

// none is the argument of an empty text: NULL.
func none(s string) any {
	if s == "" {
		return nil
	}
	return s
}
