package json_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
	typesjson "github.com/galleyhq/galley/internal/database/embedded/types/json"
	"github.com/galleyhq/galley/internal/fault"
)

type column struct {
	Name string
	OID  uint32
	Mod  int32
}

func open(t testing.TB) (*sqlite.Conn, *types.Catalogue) {
	t.Helper()
	c, err := builtin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(":memory:", sqlite.Options{
		Functions: c.SQLiteFunctions(), Aggregates: c.SQLiteAggregates(), Collations: c.Collations(), Tables: c.SQLiteTables(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, c
}

// recordset reads a document as the emitter does and shows each row as text.
func recordset(conn *sqlite.Conn, c *types.Catalogue, function, doc string, columns []column) (string, error) {
	fn := c.Functions("", function)[0]
	var defined []types.ResultColumn
	var list []string
	for i, k := range columns {
		defined = append(defined, types.ResultColumn{Name: k.Name, Type: types.OID(k.OID), Mod: k.Mod})
		list = append(list, fmt.Sprintf("c%d", i))
	}
	args := fn.TableArgs([]types.Arg{{SQL: "?1"}}, defined)
	stmt, err := conn.Prepare("SELECT " + strings.Join(list, ", ") + " FROM " + fn.TableName(len(columns)) + "(" + strings.Join(args, ", ") + ")")
	if err != nil {
		return "", err
	}
	defer stmt.Reset()
	if err := stmt.Bind(1, sqlite.Text(doc)); err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return b.String(), err
		}
		for i, col := range columns {
			if v := stmt.Column(i); v.IsNull() {
				b.WriteString("NULL|")
			} else {
				b.Write(append(c.Type(types.OID(col.OID)).Out(nil, v), '|'))
			}
		}
		b.WriteByte('\n')
	}
}

// TestRecordset reads documents, good and bad, beside PostgreSQL.
func TestRecordset(t *testing.T) {
	url := os.Getenv("GALLEY_TEST_DATABASE_URL")
	if url == "" {
		t.Skip("GALLEY_TEST_DATABASE_URL is not set: nothing to compare with (run under scripts/with-postgres.sh)")
	}
	server, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(t.Context())
	conn, c := open(t)
	list := []string{"int4", "int8", "text", "bool", "uuid", "json", "jsonb", "numeric", "float8", "timestamptz"}
	values := []string{`1`, `"1"`, `null`, `true`, `false`, `"t"`, `1.5`, `1.50`, `1e2`, `"a\u00e9\n\"x"`, `{"b": [1, 2]}`, `[1,  2]`, `""`,
		`"2026-01-02"`, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, `9223372036854775807`, `9223372036854775808`, `-0.1`, `"NaN"`, `"null"`,
		`{"a":1,"a":2}`, `"\ud83d\ude00"`, `1e400`, `"Infinity"`, `0.1`, `5e-324`, `1.7976931348623157e308`}
	docs := []string{`[]`, `{}`, `1`, `"a"`, `null`, `[1]`, `[{"x":1},2]`, `[[]]`, `[null]`, `[{}]`, ` [ { "x" : 1 , "y" : 2 } , { } ] `,
		`[{"x":1,"x":2}]`, `[{"X":1}]`, `[{"y":{"x":5}}]`, `[{"x":null},{"x":3}]`, `{"x":1}`, `[{"x":{"x":2}}]`, `[{"x":1},[]]`}
	for _, v := range values {
		docs = append(docs, `[{"x":`+v+`},{"z":1}]`)
	}
	for _, function := range []string{"json_to_recordset", "jsonb_to_recordset"} {
		for _, name := range list {
			typ := c.TypeNamed(name)
			for _, doc := range docs {
				columns := []column{{"x", uint32(typ.OID), -1}, {"z", uint32(types.Int4), -1}}
				argument := c.TypeNamed(strings.TrimSuffix(function, "_to_recordset"))
				stored, err := argument.In(doc, -1)
				if err != nil {
					continue // no value of jsonb
				}
				got, err := recordset(conn, c, function, stored.Text(), columns)
				if err != nil {
					got = shown(fault.From(err))
				}
				if strings.HasPrefix(got, fault.FeatureNotSupported) {
					continue
				}
				want := ask(t, server, function, doc, name)
				if got != want {
					t.Errorf("%s(%s) as %s:\n%s in PostgreSQL\n%s", function, doc, name, got, want)
				}
			}
		}
	}
}

func shown(e *fault.Error) string { return e.Code + " " + e.Message }

func ask(t *testing.T, server *pgx.Conn, function, doc, name string) string {
	t.Helper()
	argument := strings.TrimSuffix(function, "_to_recordset")
	sql := fmt.Sprintf("select coalesce(concat(x), ''), x is null, coalesce(z::text, 'NULL') from %s($1::text::%s) as r(x %s, z int4)", function, argument, name)
	rows, err := server.Query(t.Context(), sql, pgx.QueryExecModeExec, doc)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var x, z string
		var null bool
		if err := rows.Scan(&x, &null, &z); err != nil {
			t.Fatal(err)
		}
		if null {
			x = "NULL"
		}
		b.WriteString(x + "|" + z + "|\n")
	}
	if e, ok := rows.Err().(interface{ SQLState() string }); ok {
		message := rows.Err().Error()
		message = strings.TrimPrefix(message, "ERROR: ")
		return e.SQLState() + " " + message[:strings.LastIndex(message, " (SQLSTATE")]
	}
	return b.String()
}

// TestRecordsetFloats passes floats through SQLite's JSON without loss.
func TestRecordsetFloats(t *testing.T) {
	conn, c := open(t)
	if c.TypeNamed("float8") == nil {
		t.Skip("the catalogue has no float8 yet")
	}
	random := rand.New(rand.NewPCG(1, 2))
	var doc, want strings.Builder
	doc.WriteByte('[')
	typ := c.TypeNamed("float8")
	for i := range 50_000 {
		f := math.Float64frombits(random.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		if i > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, `{"x":%v}`, f)
		want.Write(append(typ.Out(nil, sqlite.Float(f)), "|\n"...))
	}
	doc.WriteByte(']')
	got, err := recordset(conn, c, "json_to_recordset", doc.String(), []column{{"x", uint32(typ.OID), -1}})
	if err != nil {
		t.Fatal(err)
	}
	if got != want.String() {
		g, w, n := strings.Split(got, "\n"), strings.Split(want.String(), "\n"), 0
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				if n++; n < 5 {
					t.Errorf("row %d: %s, want %s", i, g[i], w[i])
				}
			}
		}
		t.Errorf("%d of %d floats differ", n, len(w))
	}
}

// BenchmarkRecordset reads 1,000 rows of 5 columns.
func BenchmarkRecordset(b *testing.B) {
	conn, c := open(b)
	var doc strings.Builder
	doc.WriteByte('[')
	for i := range 1000 {
		if i > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, `{"id":%d,"name":"name of row %d","done":%v,"at":"2026-01-02T12:00:00+00:00","ref":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}`, i, i, i%2 == 0)
	}
	doc.WriteByte(']')
	columns := []column{{"id", 20, -1}, {"name", 25, -1}, {"done", 16, -1}, {"at", 1184, -1}, {"ref", 2950, -1}}
	b.Run("values", func(b *testing.B) {
		var fields []typesjson.RecordField
		for _, col := range columns {
			fields = append(fields, typesjson.RecordField{Name: col.Name, Type: c.Type(types.OID(col.OID)), Mod: -1})
		}
		for b.Loop() {
			if _, err := typesjson.Recordset("json_to_recordset", doc.String(), fields); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sqlite", func(b *testing.B) {
		for b.Loop() {
			if _, err := recordset(conn, c, "json_to_recordset", doc.String(), columns); err != nil {
				b.Fatal(err)
			}
		}
	})
}
