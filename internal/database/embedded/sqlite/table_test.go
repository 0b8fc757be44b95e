package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// span yields the integers from one number to another, with a text beside each.
type span struct{ at, to int64 }

func (s *span) Next() (bool, error) {
	s.at++
	if s.at == 13 {
		return false, fault.New("22023", "thirteen")
	}
	if s.at == 17 {
		panic("seventeen")
	}
	return s.at <= s.to, nil
}

func (s *span) Column(i int) Value {
	if i == 1 {
		return Text(strings.Repeat("x", int(s.at%10)))
	}
	return Int(s.at)
}

func spans() Options {
	open := func(_ *Conn, args []Value) (RowSource, error) {
		if args[0].IsNull() {
			return &span{}, nil
		}
		if args[0].Int() > args[1].Int()+100 {
			return nil, fault.New("22003", "out of range")
		}
		return &span{at: args[0].Int() - 1, to: args[1].Int()}, nil
	}
	count := func(_ *Conn, args []Value) (RowSource, error) {
		return &span{at: int64(len(args)) - 1, to: int64(len(args))}, nil
	}
	return Options{Tables: []TableFunction{
		{Name: "span", Columns: 2, NArgs: 2, Open: open},
		{Name: "given", Columns: 1, NArgs: MaxTableArgs, Variadic: true, Open: count},
	}}
}

// all returns the rows of a statement, columns apart by blanks and rows by
// semicolons.
func all(t testing.TB, c *Conn, sql string) string {
	t.Helper()
	s, err := c.Prepare(sql)
	must(t, err)
	defer s.Reset()
	var rows []string
	for {
		more, err := s.Step()
		must(t, err)
		if !more {
			return strings.Join(rows, ";")
		}
		var row []string
		for i := range s.ColumnCount() {
			v := s.Column(i)
			if v.Kind() == KindInt {
				row = append(row, fmt.Sprint(v.Int()))
			} else {
				row = append(row, v.Kind().String()+v.Text())
			}
		}
		rows = append(rows, strings.Join(row, " "))
	}
}

func TestTableFunction(t *testing.T) {
	c := open(t, spans())
	must(t, c.Exec(`CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT;
		INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL)`))
	for _, k := range []struct{ name, sql, want string }{
		{"rows", `SELECT c0, c1, _rowid_ FROM span(2, 4)`, "2 textxx 1;3 textxxx 2;4 textxxxx 3"},
		{"star hides arguments", `SELECT * FROM span(1, 1)`, "1 textx"},
		{"none", `SELECT c0 FROM span(4, 2)`, ""},
		{"null argument", `SELECT c0 FROM span(NULL, 2)`, ""},
		{"null argument that the planner sees", `SELECT c0 FROM (SELECT NULL n) JOIN span(n, n) ON true`, ""},
		{"correlated", `SELECT t.a, s.c0 FROM t JOIN span(t.a, 3) AS s ON true`, "1 1;1 2;1 3;2 2;2 3;3 3"},
		{"correlated, comma", `SELECT t.a, s.c0 FROM span(t.a, 3) AS s, t ORDER BY 1, 2`, "1 1;1 2;1 3;2 2;2 3;3 3"},
		{"left join", `SELECT t.a, s.c0, s._rowid_ FROM t LEFT JOIN span(t.a, 2) AS s ON true`, "1 1 1;1 2 2;2 2 1;3 null null"},
		{"left join on", `SELECT t.a, s.c0 FROM t LEFT JOIN span(t.a, 2) AS s ON s.c0 = 2`, "1 2;2 2;3 null"},
		{"right join", `SELECT t.a, s.c0 FROM t RIGHT JOIN span(2, 4) AS s ON t.a = s.c0 ORDER BY 2`, "2 2;3 3;null 4"},
		{"full join", `SELECT t.a, s.c0 FROM t FULL JOIN span(3, 4) AS s ON t.a = s.c0 ORDER BY 1, 2`, "null 4;1 null;2 null;3 3"},
		{"function on both sides", `SELECT a.c0, b.c0 FROM span(1, 2) a FULL JOIN span(2, 3) b ON a.c0 = b.c0 ORDER BY 1, 2`,
			"null 3;1 null;2 2"},
		{"chain", `SELECT a.c0, b.c0 FROM span(1, 2) a JOIN span(a.c0, 2) b`, "1 1;1 2;2 2"},
		{"scalar subquery", `SELECT (SELECT sum(c0) FROM span(t.a, 3)) FROM t`, "6;5;3"},
		{"index of the table", `SELECT t.b FROM span(2, 3) s JOIN t ON t.a = (+s.c0)`, "texttwo;null"},
		{"variadic", `SELECT c0 FROM given(1, NULL, 'x')`, "3"},
		{"conditions on columns", `SELECT c0 FROM span(1, 9) WHERE c0 > 2 AND c0 < 9 AND c0 <> 5 AND c0 IN (3, 4, 5)`, "3;4"},
	} {
		t.Run(k.name, func(t *testing.T) {
			if got := all(t, c, k.sql); got != k.want {
				t.Errorf("%s gives %q, not %q", k.sql, got, k.want)
			}
		})
	}
	must(t, c.Exec(`INSERT INTO t SELECT c0, c1 FROM span(4, 9) WHERE true`))
	if got := all(t, c, `SELECT count(*), max(a) FROM t`); got != "9 9" {
		t.Errorf("after INSERT … SELECT: %s", got)
	}
	if len(c.tables.cursors.live) != len(c.tables.cursors.free) {
		t.Errorf("%d cursors, %d of them free", len(c.tables.cursors.live), len(c.tables.cursors.free))
	}
}

func TestTableFunctionErrors(t *testing.T) {
	c := open(t, spans())
	for _, k := range []struct{ sql, code string }{
		{`SELECT * FROM span(200, 1)`, "22003"},
		{`SELECT * FROM span(10, 20)`, "22023"},
		{`SELECT count(*) FROM (SELECT 1 AS a UNION SELECT 300) t JOIN span(t.a, 2)`, "22003"},
	} {
		_, err := tryQuery(c, k.sql)
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Code != k.code {
			t.Errorf("%s: %v", k.sql, err)
		}
	}
	_, err := tryQuery(c, `SELECT * FROM span(14, 20)`)
	if p, ok := errors.AsType[*PanicError](err); !ok || p.Name != "span" || len(p.Stack) == 0 {
		t.Errorf("a panic becomes %v", err)
	}
	for _, sql := range []string{`SELECT * FROM span(1)`, `SELECT * FROM span`} {
		if _, err := tryQuery(c, sql); err == nil {
			t.Errorf("%s has an argument too few and runs", sql)
		}
	}
	if got := all(t, c, `SELECT c0 FROM span(1, 2)`); got != "1;2" {
		t.Errorf("after errors: %s", got)
	}
}

func TestTableFunctionInterrupt(t *testing.T) {
	endless := func(*Conn, []Value) (RowSource, error) { return &forever{}, nil }
	c := open(t, Options{Tables: []TableFunction{{Name: "forever", Columns: 1, NArgs: 1, Open: endless}}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	defer c.Interruptible(ctx)()
	_, err := tryQuery(c, `SELECT count(*) FROM forever(1)`)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless function ends with %v", err)
	}
}

type forever struct{ n int64 }

func (f *forever) Next() (bool, error) { f.n++; return true, nil }
func (f *forever) Column(int) Value    { return Int(f.n) }

// BenchmarkTableFunction measures a row of a table function, beside the ways to
// make rows that SQLite has itself.
func BenchmarkTableFunction(b *testing.B) {
	rows := func(_ *Conn, a []Value) (RowSource, error) { return &counter{to: a[0].Int()}, nil }
	c := open(b, Options{Tables: []TableFunction{{Name: "counter", Columns: 1, NArgs: 1, Open: rows}}})
	document := "[" + strings.Repeat("1234,", 99_999) + "1]"
	for _, k := range []struct {
		name, sql string
		arg       Value
	}{
		{"go", `SELECT sum(c0) FROM counter(?1)`, Int(100_000)},
		{"json_each", `SELECT sum(value) FROM json_each(?1)`, Text(document)},
		{"recursive", `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?1) SELECT sum(n) FROM s`, Int(100_000)},
	} {
		b.Run(k.name, func(b *testing.B) {
			for b.Loop() {
				query(b, c, k.sql, k.arg)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
		})
	}
}

type counter struct{ at, to int64 }

func (s *counter) Next() (bool, error) { s.at++; return s.at <= s.to, nil }
func (s *counter) Column(int) Value    { return Int(s.at) }
