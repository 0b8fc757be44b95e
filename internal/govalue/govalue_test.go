package govalue

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
)

type color string

type point struct {
	X int `json:"x"`
}

// spelled has a text form of its own.
type spelled struct{ n int }

func (s spelled) MarshalText() ([]byte, error) { return []byte(strings.Repeat("i", s.n)), nil }

func (s *spelled) UnmarshalText(b []byte) error { s.n = len(b); return nil }

// TestRoundTrip sends values as parameters of a type and reads them back, on both
// engines.
func TestRoundTrip(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	text := "o'b\"r\\ien\n{},NULL"
	cases := []struct {
		kind string
		in   any
		want any // what a target of its type then holds; nil stands for in
	}{
		{"text", text, nil},
		{"text", "", nil},
		{"text", color("red"), nil},
		{"text", &text, nil},
		{"text", (*string)(nil), nil},
		{"text", spelled{3}, nil},
		{"text", spelled{0}, nil},
		{"boolean", true, nil},
		{"boolean", false, nil},
		{"smallint", int16(math.MinInt16), nil},
		{"integer", uint16(math.MaxUint16), nil},
		{"bigint", int64(math.MinInt64), nil},
		{"bigint", int64(math.MaxInt64), nil},
		{"double precision", 0.1, nil},
		{"double precision", math.MaxFloat64, nil},
		{"double precision", math.Inf(1), nil},
		{"double precision", math.Inf(-1), nil},
		{"real", float32(0.1), nil},
		{"numeric", "12345678901234567890.123456789", nil},
		{"numeric", 1.5, nil},
		{"bytea", []byte{0, 1, 255}, nil},
		{"bytea", []byte{}, nil},
		{"bytea", []byte(nil), nil},
		{"timestamptz", at, nil},
		{"timestamptz", at.In(time.FixedZone("", 3600)), at},
		{"timestamp", at, nil},
		{"date", at, at.Truncate(24 * time.Hour)},
		{"interval", 90 * time.Minute, "01:30:00"},
		{"jsonb", json.RawMessage(`{"a": 1}`), nil},
		{"jsonb", json.RawMessage(nil), nil},
		{"jsonb", point{1}, nil},
		{"jsonb", &point{1}, nil},
		{"jsonb", map[string]int{"a": 1}, nil},
		{"json", map[string]any{"a": []any{"b", nil, 1.5}}, nil},
		{"text[]", []string{"a", "", "NULL", text, `\`, `"`, " "}, nil},
		{"text[]", []string{}, nil},
		{"text[]", []string(nil), nil},
		{"text[]", []*string{&text, nil}, nil},
		{"integer[]", []int{1, -2}, nil},
		{"boolean[]", []bool{true, false}, nil},
		{"timestamptz[]", []time.Time{at}, nil},
		{"bytea[]", [][]byte{{1}, {}}, nil},
	}
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		for _, c := range cases {
			want := c.want
			if want == nil {
				want = c.in
			}
			got := reflect.New(reflect.TypeOf(want))
			if err := one(t, db, "SELECT $1::"+c.kind, []any{c.in}, got.Interface()); err != nil {
				t.Errorf("%s of %#v: %v", c.kind, c.in, err)
			} else if !reflect.DeepEqual(got.Elem().Interface(), want) {
				t.Errorf("%s of %#v: %#v", c.kind, c.in, got.Elem().Interface())
			}
		}
	})
}

// one runs a query of one row and scans it.
func one(t *testing.T, db database.DB, sql string, args []any, targets ...any) error {
	t.Helper()
	values, err := Args(args...)
	if err != nil {
		return err
	}
	rows, err := db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql, Args: values})
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return fmt.Errorf("no row: %w", rows.Err())
	}
	return Scan(rows, targets...)
}

// TestNatural reads values as any.
func TestNatural(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		for sql, want := range map[string]any{
			"NULL::text":                            nil,
			"true":                                  true,
			"7":                                     int64(7),
			"7.50::numeric":                         json.Number("7.50"),
			"0.5::float8":                           0.5,
			`'\x01ff'::bytea`:                       []byte{1, 255},
			`'[1,"a"]'::jsonb`:                      []any{1.0, "a"},
			"'2026-01-02 03:04:05+00'::timestamptz": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			"'infinity'::timestamptz":               "infinity",
			"'{1,NULL}'::int[]":                     []any{int64(1), nil},
			"'{{1},{2}}'::int[]":                    []any{[]any{int64(1)}, []any{int64(2)}},
			"'x'::text":                             "x",
		} {
			if strings.Contains(sql, "{{") && db.Engine() == "embedded" {
				continue // which has arrays of one dimension only
			}
			got := any("nothing")
			if err := one(t, db, "SELECT "+sql, nil, &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %#v, %v; want %#v", sql, got, err, want)
			}
		}
		if db.Engine() == "embedded" {
			return
		}
		var nested [][]int
		if err := one(t, db, "SELECT $1::int[]", []any{[][]int{{1, 2}, {3, 4}}}, &nested); err != nil || !reflect.DeepEqual(nested, [][]int{{1, 2}, {3, 4}}) {
			t.Errorf("%v, %v", nested, err)
		}
	})
}

func TestRefused(t *testing.T) {
	db := enginetest.Embedded(t)
	for sql, target := range map[string]any{
		"300":                     new(int8),
		"-1":                      new(uint),
		"'x'::text":               new(int),
		"NULL::int":               new(int),
		"1":                       new(bool),
		"1.5::numeric":            new(int),
		"'infinity'::timestamptz": new(time.Time),
		"'x'::text ":              new(time.Time),
		"'{}'::jsonb":             new(int),
		"7":                       new(json.RawMessage),
		"'{1,NULL}'::int[]":       new([]int),
		"8":                       new(chan int),
		"9":                       9, // no pointer
		"1, 2":                    new(int),
	} {
		if err := one(t, db, "SELECT "+sql, nil, target); fault.Code(err) != fault.InvalidParameter {
			t.Errorf("%s in a %T: %v", sql, target, err)
		}
	}
	for _, arg := range []any{make(chan int), func() {}, complex(1, 1), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), [][]int{nil}} {
		if _, err := Args(1, arg); fault.Code(err) != fault.InvalidParameter || !strings.Contains(err.Error(), "$2") {
			t.Errorf("%T: %v", arg, err)
		}
	}
}

type base struct{ ID int }

type person struct {
	base
	FullName string
	Mail     *string   `db:"email"`
	Tags     []string  `json:"labels,omitempty"`
	Born     time.Time `db:"-"`
}

func TestAll(t *testing.T) {
	db := enginetest.Embedded(t)
	query := func(sql string) database.Rows {
		t.Helper()
		rows, err := db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	people, err := All[person](query(`SELECT 7 AS id, 'Ada' AS full_name, 'a@example.org' AS email, '{x}'::text[] AS labels`))
	if err != nil || len(people) != 1 || people[0].ID != 7 || people[0].FullName != "Ada" || *people[0].Mail != "a@example.org" || people[0].Tags[0] != "x" {
		t.Errorf("%+v, %v", people, err)
	}
	for _, column := range []string{"born", "mail", "nothing"} {
		if _, err := All[person](query(`SELECT 1 AS ` + column)); fault.Code(err) != fault.UndefinedColumn {
			t.Errorf("%s: %v", column, err)
		}
	}
	maps, err := All[map[string]any](query(`SELECT 1 AS a, 'b'::text AS b UNION ALL SELECT 2, NULL ORDER BY a`))
	if err != nil || !reflect.DeepEqual(maps, []map[string]any{{"a": int64(1), "b": "b"}, {"a": int64(2), "b": nil}}) {
		t.Errorf("%v, %v", maps, err)
	}
	if none, err := All[int](query(`SELECT 1 WHERE false`)); err != nil || none == nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	if _, err := All[int](query(`SELECT 1/(2-n) FROM generate_series(1, 2) AS n`)); fault.Code(err) != fault.DivisionByZero {
		t.Errorf("%v", err)
	}
}
