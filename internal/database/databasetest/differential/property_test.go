package differential

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// propertySeed makes the random values; a failure prints it.
const propertySeed = 20260102

// propertyValues is how many values of each type there are.
const propertyValues = 300

type generator func(r *rand.Rand) string

// generators make the text of random values of each type, with edges and with
// many that are equal though written differently.
var generators = map[string]generator{
	"boolean":          among("t", "f", "true", "no", "on", "0", " yes "),
	"smallint":         integers(math.MinInt16, math.MaxInt16),
	"integer":          integers(math.MinInt32, math.MaxInt32),
	"bigint":           integers(math.MinInt64, math.MaxInt64),
	"real":             floats(32),
	"double precision": floats(64),
	"numeric":          numerics,
	"numeric(9,3)":     func(r *rand.Rand) string { return strconv.FormatFloat(r.NormFloat64()*1000, 'f', r.IntN(6), 64) },
	"text":             texts,
	"varchar(7)":       texts,
	"char(7)":          func(r *rand.Rand) string { return texts(r) + strings.Repeat(" ", r.IntN(2)) },
	"name":             texts,
	"uuid":             uuids,
	"bytea":            byteas,
	"date":             either(days, among("infinity", "-infinity", "epoch", "0001-01-01", "9999-12-31")),
	"time":             either(clocks, among("24:00", "00:00", "23:59:59.999999", "allballs")),
	"timetz":           func(r *rand.Rand) string { return clocks(r) + zones(r) },
	"timestamp":        either(func(r *rand.Rand) string { return days(r) + " " + clocks(r) }, among("infinity", "-infinity", "epoch")),
	"timestamptz":      either(func(r *rand.Rand) string { return days(r) + " " + clocks(r) + zones(r) }, among("infinity", "-infinity", "epoch")),
	"timestamp(2)":     func(r *rand.Rand) string { return days(r) + " " + clocks(r) },
	"interval":         intervals,
	"json":             func(r *rand.Rand) string { return document(r, 2) },
	"jsonb":            func(r *rand.Rand) string { return document(r, 2) },
	"integer[]":        arrays(integers(-3, 3)),
	"text[]":           arrays(func(r *rand.Rand) string { return strconv.Quote(among("a", "b c", "", "NULL", "{}", "ä,")(r)) }),
}

func among(list ...string) generator {
	return func(r *rand.Rand) string { return list[r.IntN(len(list))] }
}

// either is mostly the first, sometimes the second.
func either(most, rest generator) generator {
	return func(r *rand.Rand) string {
		if r.IntN(8) == 0 {
			return rest(r)
		}
		return most(r)
	}
}

func integers(low, high int64) generator {
	return func(r *rand.Rand) string {
		switch r.IntN(6) {
		case 0:
			return strconv.FormatInt(low+int64(r.IntN(3)), 10)
		case 1:
			return strconv.FormatInt(high-int64(r.IntN(3)), 10)
		case 2:
			return " " + strconv.Itoa(r.IntN(5)-2) + " "
		case 3:
			return strconv.Itoa(r.IntN(7) - 3)
		}
		if span := high - low; span > 0 {
			return strconv.FormatInt(low+r.Int64N(span), 10)
		}
		return strconv.FormatInt(int64(r.Uint64()), 10)
	}
}

func floats(bits int) generator {
	edges := among("0", "-0", "NaN", "Infinity", "-inf", "1", "1.0", "1e0", "+1.00", "0.1", "1e-7", "123456789", "1e15", "1e16", "100000", "1000000")
	return either(func(r *rand.Rand) string {
		if bits == 32 {
			f := math.Float32frombits(r.Uint32())
			return strconv.FormatFloat(float64(f), 'g', -1, 32)
		}
		if r.IntN(2) == 0 {
			return strconv.FormatFloat(math.Round(r.NormFloat64()*1000)/8, 'f', -1, 64)
		}
		return strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', r.IntN(17)+1, 64)
	}, edges)
}

func numerics(r *rand.Rand) string {
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
		return b.String()
	}
	switch r.IntN(6) {
	case 0:
		return among("NaN", "Infinity", "-Infinity", "0", "0.00", "-0.0", "1", "1.0", "1.000", "1e0", "100e-2", ".5", "5e-1", "-1.50")(r)
	case 1:
		return among("", "-")(r) + digits(1+r.IntN(60)) + "." + digits(1+r.IntN(60))
	case 2:
		return among("", "-")(r) + digits(1+r.IntN(3)) + "e" + strconv.Itoa(r.IntN(80)-40)
	}
	return among("", "-", "+")(r) + digits(1+r.IntN(2)) + "." + digits(r.IntN(4))
}

func texts(r *rand.Rand) string {
	letters := []rune("aAbBzZ09 _-'\"\\ä€😀")
	out := make([]rune, r.IntN(5))
	for i := range out {
		out[i] = letters[r.IntN(len(letters))]
	}
	return string(out)
}

func uuids(r *rand.Rand) string {
	s := fmt.Sprintf("%08x%04x%04x%04x%012x", r.Uint32N(3), r.Uint32N(1<<16), 0, r.Uint32N(2)<<15, r.Uint64N(1<<48)*r.Uint64N(2))
	switch r.IntN(3) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return "{" + s + "}"
	}
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func byteas(r *rand.Rand) string {
	b := make([]byte, r.IntN(4))
	for i := range b {
		b[i] = byte(r.IntN(4) * 85)
	}
	if r.IntN(2) == 0 {
		return fmt.Sprintf(`\x%x`, b)
	}
	var out strings.Builder
	for _, c := range b {
		fmt.Fprintf(&out, `\%03o`, c)
	}
	return out.String()
}

func days(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		return fmt.Sprintf("%04d-%02d-%02d", 1+r.IntN(9999), 1+r.IntN(12), 1+r.IntN(28))
	}
	return fmt.Sprintf("2024-%02d-%02d", 1+r.IntN(3), 1+r.IntN(28))
}

func clocks(r *rand.Rand) string {
	s := fmt.Sprintf("%02d:%02d", r.IntN(24), r.IntN(2)*30)
	switch r.IntN(4) {
	case 0:
		return s
	case 1:
		return fmt.Sprintf("%s:%02d.%0*d", s, r.IntN(60), 1+r.IntN(6), r.IntN(10))
	}
	return fmt.Sprintf("%s:%02d", s, r.IntN(60))
}

func zones(r *rand.Rand) string { return among("+00", "+01", "-05:30", "+13", "Z", "-12", "+05:45")(r) }

func intervals(r *rand.Rand) string {
	switch r.IntN(5) {
	case 0:
		return among("1 mon", "30 days", "720:00", "1 month -30 days", "0", "00:00", "1 year", "12 mons", "360 days", "-1 day", "-24:00", "1 day -24:00", "P1M", "1 week", "7 days")(r)
	case 1:
		return fmt.Sprintf("%d days %d:%02d:%02d.%06d", r.IntN(60)-30, r.IntN(50), r.IntN(60), r.IntN(60), r.IntN(1000000))
	case 2:
		return fmt.Sprintf("%d years %d mons", r.IntN(400)-200, r.IntN(30)-15)
	}
	return fmt.Sprintf("%d mons %d days %d hours", r.IntN(3)-1, r.IntN(5)-2, r.IntN(49)-24)
}

func document(r *rand.Rand, depth int) string {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch r.IntN(kinds) {
	case 0:
		return among("null", "true", "false")(r)
	case 1:
		return among("0", "1", "1.0", "1.00", "-0", "1e2", "100", "12345678901234567890.5", "-3")(r)
	case 2, 3:
		return strconv.Quote(among("", "a", "b", "ä", "aa", "A", "\n", "€")(r))
	case 4:
		return among("[]", "{}", " [ ] ")(r)
	case 5:
		return "[" + document(r, depth-1) + ", " + document(r, depth-1) + "]"
	}
	return `{"` + among("a", "b", "aa")(r) + `": ` + document(r, depth-1) + `,"` + among("a", "b", "c")(r) + `":` + document(r, depth-1) + "}"
}

func arrays(element generator) generator {
	return func(r *rand.Rand) string {
		items := make([]string, r.IntN(4))
		for i := range items {
			items[i] = either(element, among("NULL"))(r)
		}
		return "{" + strings.Join(items, ",") + "}"
	}
}

// unordered are the types that cannot be compared.
var unordered = map[string]bool{"json": true}

// TestRandomValues puts random values of each type into a table of each engine:
// they come back with the same text, that text means the same value, they have
// the same order, by the values and by an index, and the same ones are equal.
func TestRandomValues(t *testing.T) {
	server, other := openPostgres(t), openEmbedded(t)
	for typ, generate := range generators {
		t.Run(typ, func(t *testing.T) {
			r := rand.New(rand.NewPCG(propertySeed, 1))
			values := make([]string, propertyValues)
			for i := range values {
				values[i] = generate(r)
			}
			p := property{t: t, server: server, other: other, table: "p_" + table(typ)}
			if p.run("create table " + p.table + " (id integer primary key, v " + typ + ")") {
				p.check(values, !unordered[typ])
			}
			if t.Failed() {
				t.Logf("seed %d", propertySeed)
			}
		})
	}
}

// property compares what two engines answer about one table.
type property struct {
	t             *testing.T
	server, other database.DB
	table         string
}

func (p *property) check(values []string, ordered bool) {
	p.run("insert into " + p.table + " values " + literals(values) + ", (0, null)")
	p.run("select id, v, v::text from " + p.table)
	p.again()
	if !ordered {
		return
	}
	p.inOrder("select id from " + p.table + " order by v, id")
	p.inOrder("select id from " + p.table + " order by v desc nulls last, id")
	p.run("select min(id), count(*) from " + p.table + " group by v")
	p.run("select count(distinct v) from " + p.table)
	p.run("select a.id, b.id from " + p.table + " a join " + p.table + " b on a.v = b.v and a.id < b.id")
	p.run("select count(*) from " + p.table + " a, " + p.table + " b where a.id % 10 = 1 and a.v < b.v")
	p.unique()
}

// again stores the text that came out, which must mean the same value and come
// out the same.
func (p *property) again() {
	o, err := Run(p.t.Context(), p.other, &Case{SQL: "select id, v from " + p.table + " where id > 0 order by id"})
	if err != nil || o[0].Code != "" {
		p.t.Fatal(err, o)
	}
	out := make([]string, len(o[0].Rows))
	for i, row := range o[0].Rows {
		out[i] = *row[1]
	}
	if !p.run("update "+p.table+" set v = null where id > 0") || !p.run("delete from "+p.table+" where id > 0") {
		return
	}
	p.run("insert into " + p.table + " values " + literals(out))
	o, err = Run(p.t.Context(), p.other, &Case{SQL: "select id, v from " + p.table + " where id > 0 order by id"})
	if err != nil || o[0].Code != "" {
		p.t.Fatal(err, o)
	}
	for i, row := range o[0].Rows {
		if *row[1] != out[i] {
			p.t.Errorf("%q comes back as %q", out[i], *row[1])
		}
	}
}

// unique makes a unique index over one of each set of equal values, which must be
// possible, and adds the others, which must not be.
func (p *property) unique() {
	firsts := "id in (select min(id) from " + p.table + " group by v)"
	p.run("update " + p.table + " set id = -id where " + firsts)
	p.run("create unique index on " + p.table + " (v) where id <= 0")
	p.inOrder("select v from " + p.table + " where id <= 0 order by v")
	o, err := Run(p.t.Context(), p.server, &Case{SQL: "select id from " + p.table + " where id > 0 and v is not null order by id limit 25"})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, row := range o[0].Rows {
		p.run("update " + p.table + " set id = -id where id = " + *row[0])
	}
}

func literals(values []string) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d, '%s')", i+1, strings.ReplaceAll(v, "'", "''"))
	}
	return b.String()
}

// run compares the answers to a statement, in any order, and tells whether the
// embedded engine did not refuse it.
func (p *property) run(sql string) bool { return p.compare(&Case{SQL: sql}) }

func (p *property) inOrder(sql string) bool { return p.compare(&Case{SQL: sql, Ordered: true}) }

func (p *property) compare(c *Case) bool {
	p.t.Helper()
	var outcomes [2][]Outcome
	for i, db := range []database.DB{p.server, p.other} {
		o, err := Run(p.t.Context(), db, c)
		if err != nil {
			p.t.Fatal(err)
		}
		outcomes[i] = o
	}
	switch v, reason := Compare(c, outcomes[0], outcomes[1]); {
	case v == Differ:
		p.t.Errorf("%.300s: PostgreSQL against embedded: %s", c.SQL, reason)
	case v == Refuse:
		p.t.Logf("refused: %.300s: %s", c.SQL, reason)
	case outcomes[0][0].Code != "" && outcomes[0][0].Code != fault.UniqueViolation:
		p.t.Errorf("%.300s: %s", c.SQL, describe(outcomes[0][0]))
	default:
		return true
	}
	return false
}
