package typestest

import (
	"testing"
)

// BenchmarkArithmetic measures, per row, what the ways of computing v + 1 over
// 100,000 stored integers cost: SQLite's own (which goes over to floats on
// overflow, so it is not PostgreSQL's), a native guard (which doubles its
// operand), and the checked function of the catalogue.
func BenchmarkArithmetic(b *testing.B) {
	const rows = 100_000
	own := open(b)
	for _, sql := range []string{
		"CREATE TABLE n (v INTEGER NOT NULL) STRICT",
		"INSERT INTO n SELECT value * 7 FROM (WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s LIMIT 100000) SELECT value FROM s)",
	} {
		if _, err := own.query(sql, nil); err != nil {
			b.Fatal(err)
		}
	}
	for _, way := range []struct{ name, sql string }{
		{"none", "v"},
		{"native", "v + 1"},
		{"guarded", "iif(v BETWEEN -2147483648 AND 2147483646, v + 1, pg_int4pl_23_23(v, 1))"},
		{"go", "pg_int4pl_23_23(v, 1)"},
		{"go nested", "pg_int4mul_23_23(pg_int4pl_23_23(v, 1), 2)"},
		{"guarded nested", "iif(iif(v BETWEEN -2147483648 AND 2147483646, v + 1, pg_int4pl_23_23(v, 1)) BETWEEN -1073741824 AND 1073741823," +
			" iif(v BETWEEN -2147483648 AND 2147483646, v + 1, pg_int4pl_23_23(v, 1)) * 2, pg_int4mul_23_23(pg_int4pl_23_23(v, 1), 2))"},
	} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := own.query("SELECT max("+way.sql+") FROM n", nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
