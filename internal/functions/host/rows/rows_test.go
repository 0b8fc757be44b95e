package rows_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/host/rows"
)

var wide = rows.Limits{Rows: 1000, Bytes: 1 << 20}

func query(t *testing.T, db database.DB, sql string, l rows.Limits) (rows.Result, error) {
	t.Helper()
	in, err := db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})
	if err != nil {
		return rows.Result{}, err
	}
	return rows.Read(in, l, nil)
}

// TestLikeToJSON compares each value with what the engine's own to_json makes of
// it.
func TestLikeToJSON(t *testing.T) {
	values := []string{
		"null::int4", "0", "-1", "32767::int2", "2147483647", "9007199254740991", "(-9007199254740991)::int8",
		"true", "false", "null::bool", "1.5::float8", "'1e300'::float8", "'-0'::float8", "'NaN'::float8", "'Infinity'::float8",
		"'-Infinity'::float8", "'1e-7'::float4", "19.90::numeric", "0::numeric", "-0.001::numeric", "123456789012345::numeric",
		"'NaN'::numeric", "100000000000000000000::numeric", "''::text", "'a\"b\\c'::text", "E'a\\nb\\u00e4\\U0001F600'::text", "'</script>&'::text",
		"'2026-01-02 12:00:00.5+00'::timestamptz", "'2026-01-02 12:00:00'::timestamp", "'infinity'::timestamptz", "'-infinity'::timestamp",
		"'0044-03-15 12:00:00+00 BC'::timestamptz", "'0044-03-15 12:00:00 BC'::timestamp", "'2026-01-02'::date", "'12:00:01'::time",
		"'1 day'::interval", "'{\"a\": [1, null, \"x\"]}'::jsonb", "'[]'::json", "'\"s\"'::jsonb", "'null'::jsonb",
		"'6c1b5d1e-1111-4222-8333-444455556666'::uuid", "'{}'::int4[]", "'{1,NULL,3}'::int4[]", "'{{1,2},{3,4}}'::int4[]",
		"'[0:1]={1,2}'::int4[]", "array['a','','NULL',null,'a,b','{x}','q\"\\']::text[]", "array[true,false]", "array[1.5,2]::numeric[]",
		"array['{\"a\":1}'::jsonb]", "array['2026-01-02 12:00:00+00'::timestamptz]",
	}
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		for _, v := range values {
			r, err := query(t, db, "select "+v+" as v, to_json("+v+") as j", wide)
			if db.Engine() == "embedded" && fault.Code(err) == fault.FeatureNotSupported && strings.Contains(err.Error(), "an array ") {
				continue // of several dimensions, or other bounds
			}
			if err != nil {
				t.Errorf("%s: %v", v, err)
				continue
			}
			var out []map[string]any
			if err := json.Unmarshal(r.JSON, &out); err != nil || len(out) != 1 {
				t.Errorf("%s: %s, %v", v, r.JSON, err)
				continue
			}
			want := out[0]["j"]
			if v == "100000000000000000000::numeric" && out[0]["v"] == want {
				continue // 1 and zeros: the number holds it
			}
			if !reflect.DeepEqual(out[0]["v"], want) {
				t.Errorf("%s: %v, to_json gives %v", v, out[0]["v"], want)
			}
		}
	})
}

// TestValues holds where it differs from to_json, and what JSON says nothing of.
func TestValues(t *testing.T) {
	cases := map[string]string{
		"9007199254740992::int8":                 `"9007199254740992"`,
		"(-9223372036854775808)::int8":           `"-9223372036854775808"`,
		"1234567890123456::numeric":              `"1234567890123456"`,
		"0.1234567890123456789::numeric":         `"0.1234567890123456789"`,
		"'\\x00ff'::bytea":                       `"\\x00ff"`,
		"''::bytea":                              `"\\x"`,
		"array[9007199254740993]::int8[]":        `["9007199254740993"]`,
		"array['\\x01'::bytea, null]":            `["\\x01",null]`,
		"array['2026-01-02'::date]":              `["2026-01-02"]`,
		"array[array['a b'],array['c']]::text[]": `[["a b"],["c"]]`,
	}
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		for v, want := range cases {
			r, err := query(t, db, "select "+v+" as v", wide)
			if db.Engine() == "embedded" && fault.Code(err) == fault.FeatureNotSupported && strings.Contains(err.Error(), "an array ") {
				continue // of several dimensions, or other bounds
			}
			if got := string(r.JSON); err != nil || got != `[{"v":`+want+`}]` {
				t.Errorf("%s: %s, %v; want %s", v, got, err, want)
			}
		}
		r, err := query(t, db, `select 1 as "a""b", 2 as "__proto__", 3 as x, 4 as x`, wide)
		if got := string(r.JSON); err != nil || got != `[{"a\"b":1,"__proto__":2,"x":3,"x":4}]` || r.Count != 1 || r.Tag != "SELECT 1" {
			t.Errorf("%s %+v, %v", got, r, err)
		}
		if r, err := query(t, db, "select 1 where false", wide); err != nil || string(r.JSON) != "[]" {
			t.Errorf("%s, %v", r.JSON, err)
		}
	})
}

// TestLimits holds results to their bounds, which are exact.
func TestLimits(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		three := "select g as v from generate_series(1, 3) g" // 25 bytes: [{"v":1},{"v":2},{"v":3}]
		for _, c := range []struct {
			limits rows.Limits
			want   string
		}{
			{rows.Limits{Rows: 3, Bytes: 25}, ""}, {rows.Limits{Rows: 2, Bytes: 100}, "more than 2 rows"}, {rows.Limits{Rows: 3, Bytes: 20}, "more than 20 bytes"},
		} {
			_, err := query(t, db, three, c.limits)
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || fault.Code(err) != "54000") {
				t.Errorf("%+v: %v", c.limits, err)
			}
		}
		in, err := db.Query(t.Context(), database.Session{}, database.Statement{SQL: "select 1 / (2 - g) as v from generate_series(1, 3) g"})
		if err == nil {
			_, err = rows.Read(in, wide, nil)
		}
		if fault.Code(err) != fault.DivisionByZero {
			t.Errorf("an error among the rows: %v", err)
		}
	})
}
