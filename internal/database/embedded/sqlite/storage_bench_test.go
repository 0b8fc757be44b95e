package sqlite

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"
)

// form is one way to store a type: its column, a value for a row's number, and
// how its text is made.
type form struct {
	name, column string
	value        func(i int) Value
	text         func(dst []byte, v Value) []byte
}

// forms are the ways between which the storage forms were decided
// (docs/architecture.md). The values are spread, so that an index is no list.
var forms = []form{
	{"uuid as text", "TEXT", func(i int) Value { return Text(uuidText(i)) }, asText},
	{"uuid as blob", "BLOB", func(i int) Value { return Blob(uuidBytes(i)) }, func(dst []byte, v Value) []byte {
		b := v.Blob()
		dst = append(hex.AppendEncode(dst, b[:4]), '-')
		dst = append(hex.AppendEncode(dst, b[4:6]), '-')
		dst = append(hex.AppendEncode(dst, b[6:8]), '-')
		dst = append(hex.AppendEncode(dst, b[8:10]), '-')
		return hex.AppendEncode(dst, b[10:])
	}},
	{"timestamptz as text", "TEXT", func(i int) Value { return Text(moment(i).Format("2006-01-02T15:04:05.999999") + "+00:00") }, asText},
	{"timestamptz as integer", "INTEGER", func(i int) Value { return Int(moment(i).UnixMicro()) }, func(dst []byte, v Value) []byte {
		return time.UnixMicro(v.Int()).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999-07:00")
	}},
	{"float as real", "REAL", func(i int) Value { return Float(float64(spread(i)) / 7) }, asFloat},
	{"float as any", "ANY", func(i int) Value { return Float(float64(spread(i)) / 7) }, asFloat},
	{"boolean as integer", "INTEGER", func(i int) Value { return Int(int64(i % 2)) }, func(dst []byte, v Value) []byte { return strconv.AppendBool(dst, v.Int() != 0) }},
	{"bigint", "INTEGER", func(i int) Value { return Int(spread(i)) }, func(dst []byte, v Value) []byte { return strconv.AppendInt(dst, v.Int(), 10) }},
	{"enum as integer", "INTEGER", func(i int) Value { return Int(int64(i%5) << 32) }, func(dst []byte, v Value) []byte { return append(dst, labels[v.Int()>>32]...) }},
	{"enum as text", "TEXT", func(i int) Value { return Text(labels[i%5]) }, asText},
	{"numeric as text", "TEXT COLLATE BINARY", func(i int) Value { return Text(fmt.Sprintf("%d.%02d", spread(i)%1e6, i%100)) }, asText},
}

var labels = []string{"draft", "review", "published", "archived", "deleted"}

func asText(dst []byte, v Value) []byte { return append(dst, v.Text()...) }

func asFloat(dst []byte, v Value) []byte { return strconv.AppendFloat(dst, v.Float(), 'g', -1, 64) }

func spread(i int) int64 { return int64(uint64(i)*0x9E3779B97F4A7C15>>20) & math.MaxInt32 }

func moment(i int) time.Time {
	return time.UnixMicro(1_700_000_000_000_000 + spread(i)*1000).UTC()
}

func uuidBytes(i int) []byte {
	b := make([]byte, 16)
	for n := range b {
		b[n] = byte(uint64(i+n)*0x9E3779B97F4A7C15>>40) ^ byte(i>>(n%3*8))
	}
	return b
}

func uuidText(i int) string {
	h := hex.EncodeToString(uuidBytes(i))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// BenchmarkStorage fills a table of 50,000 rows with an index for each form, and
// measures its size, a look-up by the index and a row's text.
func BenchmarkStorage(b *testing.B) {
	const rows = 50_000
	for _, f := range forms {
		b.Run(f.name, func(b *testing.B) {
			c := open(b, Options{})
			must(b, c.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v "+f.column+") STRICT; CREATE INDEX i ON t (v)"))
			must(b, c.Exec("BEGIN"))
			for i := range rows {
				s, err := c.Prepare("INSERT INTO t VALUES (?, ?)")
				must(b, err)
				must(b, s.Bind(1, Int(int64(i))))
				must(b, s.Bind(2, f.value(i)))
				must(b, s.Run())
			}
			must(b, c.Exec("COMMIT"))
			i, dst := 0, []byte(nil)
			for b.Loop() {
				s, err := c.Prepare("SELECT v FROM t WHERE v = ? LIMIT 20")
				must(b, err)
				must(b, s.Bind(1, f.value(i%rows)))
				for {
					more, err := s.Step()
					must(b, err)
					if !more {
						break
					}
					dst = f.text(dst[:0], s.ColumnView(0))
				}
				s.Reset()
				i += 7
			}
			b.ReportMetric(float64(pages(b, c))*4096/rows, "B/row")
		})
	}
}

// BenchmarkStorageScan reads all rows of each form and makes their text.
func BenchmarkStorageScan(b *testing.B) {
	const rows = 50_000
	for _, f := range forms {
		b.Run(f.name, func(b *testing.B) {
			c := open(b, Options{})
			must(b, c.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v "+f.column+") STRICT; BEGIN"))
			for i := range rows {
				s, err := c.Prepare("INSERT INTO t VALUES (?, ?)")
				must(b, err)
				must(b, s.Bind(1, Int(int64(i))))
				must(b, s.Bind(2, f.value(i)))
				must(b, s.Run())
			}
			must(b, c.Exec("COMMIT"))
			var dst []byte
			for b.Loop() {
				s, err := c.Prepare("SELECT v FROM t")
				must(b, err)
				for {
					more, err := s.Step()
					must(b, err)
					if !more {
						break
					}
					dst = f.text(dst[:0], s.ColumnView(0))
				}
				s.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

func pages(b *testing.B, c *Conn) int64 {
	s, err := c.Prepare("PRAGMA page_count")
	must(b, err)
	defer s.Reset()
	if _, err := s.Step(); err != nil {
		b.Fatal(err)
	}
	return s.ColumnInt(0)
}
