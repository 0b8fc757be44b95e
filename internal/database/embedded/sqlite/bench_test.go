package sqlite

import (
	"context"
	"testing"
)

func benchTable(b *testing.B, o Options) *Conn {
	c := open(b, o)
	must(b, c.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER) STRICT;
		INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
		SELECT i, 'name ' || i, i * 7 FROM n`))
	return c
}

func BenchmarkPointRead(b *testing.B) {
	c := benchTable(b, Options{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	i := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		stop := c.Interruptible(ctx)
		s, err := c.Prepare(`SELECT id, name, n FROM t WHERE id = ?`)
		must(b, err)
		must(b, s.Bind(1, Int(i%20000+1)))
		if more, err := s.Step(); !more {
			b.Fatal(err)
		}
		if s.ColumnInt(0) != i%20000+1 || len(s.ColumnBytes(1)) == 0 || s.ColumnInt(2) == 0 {
			b.Fatal("wrong row")
		}
		s.Reset()
		stop()
		i++
	}
}

func BenchmarkPointReadParallel(b *testing.B) {
	path := b.TempDir() + "/a.db"
	w, err := Open(path, Options{})
	must(b, err)
	defer w.Close()
	must(b, w.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER) STRICT;
		INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
		SELECT i, 'name ' || i, i * 7 FROM n`))
	b.RunParallel(func(p *testing.PB) {
		c, err := Open(path, Options{ReadOnly: true})
		must(b, err)
		defer c.Close()
		for i := int64(0); p.Next(); i++ {
			s, err := c.Prepare(`SELECT id, name, n FROM t WHERE id = ?`)
			must(b, err)
			must(b, s.Bind(1, Int(i%20000+1)))
			if more, err := s.Step(); !more || len(s.ColumnBytes(1)) == 0 {
				b.Error(err)
			}
			s.Reset()
		}
	})
}

func BenchmarkScanRow(b *testing.B) {
	c := benchTable(b, Options{})
	s, err := c.Prepare(`SELECT id, name, n FROM t`)
	must(b, err)
	defer s.Reset()
	b.ReportAllocs()
	for b.Loop() {
		more, err := s.Step()
		must(b, err)
		if !more {
			s.Rewind()
			continue
		}
		if s.ColumnInt(0) == 0 || len(s.ColumnBytes(1)) == 0 || s.ColumnInt(2) == 0 {
			b.Fatal("wrong row")
		}
	}
}

// BenchmarkFunctionCall measures one call from 20,000 in one statement.
func BenchmarkFunctionCall(b *testing.B) {
	c := benchTable(b, Options{Functions: []Function{
		{Name: "plus", NArgs: 2, Call: func(_ *Conn, a []Value) (Value, error) { return Int(a[0].Int() + a[1].Int()), nil }},
		{Name: "ident", NArgs: 1, Call: func(_ *Conn, a []Value) (Value, error) { return a[0], nil }},
	}})
	for name, sql := range map[string]string{
		"none": `SELECT max(id + n) FROM t`, "int": `SELECT max(plus(id, n)) FROM t`,
		"text": `SELECT max(length(ident(name))) FROM t`, "notext": `SELECT max(length(name)) FROM t`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				query(b, c, sql)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20000, "ns/row")
		})
	}
}
