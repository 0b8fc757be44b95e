package enum

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// TestBetween puts labels at random places: keys keep the order, until there is
// no room between two.
func TestBetween(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		keys := Keys(random.IntN(4))
		for range 100 {
			at := random.IntN(len(keys) + 1)
			var after, before *int64
			if at > 0 {
				after = &keys[at-1]
			}
			if at < len(keys) {
				before = &keys[at]
			}
			key, ok := Between(after, before)
			if !ok {
				if *before-*after > 1 {
					t.Fatalf("no room between %d and %d", *after, *before)
				}
				continue
			}
			keys = slices.Insert(keys, at, key)
			if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
				t.Fatalf("a label at %d disturbs the order: %v", at, keys)
			}
		}
	}
	low, high := int64(gap), int64(2*gap)
	for n := 0; ; n++ {
		key, ok := Between(&low, &high)
		if !ok {
			if n < 24 {
				t.Errorf("there is room for %d labels between the same two only", n)
			}
			break
		}
		high = key
	}
}

// BenchmarkText measures the ways to get the label of a stored value, for 100,000
// rows: as the engine does in SQL, by a function in Go, and where the text itself
// is stored.
func BenchmarkText(b *testing.B) {
	for _, labels := range []int{4, 16, 64} {
		d := Definition{OID: 20000, Array: 20001, Name: "e", SQLName: "e"}
		for i, key := range Keys(labels) {
			d.Labels = append(d.Labels, Label{Name: fmt.Sprintf("label %d", i), Key: key})
		}
		typ := d.typ()
		c, err := sqlite.Open(":memory:", sqlite.Options{Functions: []sqlite.Function{{Name: "out", NArgs: 1, Deterministic: true,
			Call: func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
				return sqlite.Text(string(typ.Out(nil, args[0]))), nil
			}}}})
		if err != nil {
			b.Fatal(err)
		}
		must(b, c.Exec(fmt.Sprintf(`CREATE TABLE t (k INTEGER, s TEXT) STRICT;
			WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
			INSERT INTO t SELECT (i %% %d + 1) * %d, 'label ' || (i %% %d) FROM n`, labels, gap, labels)))
		for name, sql := range map[string]string{"case": typ.TextSQL("k"), "go": "out(k)", "stored": "s"} {
			b.Run(fmt.Sprintf("%d/%s", labels, name), func(b *testing.B) {
				for b.Loop() {
					must(b, c.Exec("SELECT max(length("+sql+")) FROM t"))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
			})
		}
		for name, column := range map[string]string{"integer": "k", "text": "s"} {
			b.Run(fmt.Sprintf("%d/sort %s", labels, name), func(b *testing.B) {
				for b.Loop() {
					must(b, c.Exec("SELECT count(*) FROM (SELECT "+column+" FROM t ORDER BY "+column+" LIMIT 100000)"))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
			})
		}
		must(b, c.Close())
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// TestFamily puts two types over a catalogue.
func TestFamily(t *testing.T) {
	base, err := types.NewCatalogue(types.Family{Name: "base", Types: []*types.Type{{OID: types.Bool, Name: "bool"},
		{OID: types.Int4, Name: "int4"}}})
	must(t, err)
	known, err := base.With(Family([]Definition{
		{OID: 20000, Array: 20001, Name: "a", SQLName: "a", Labels: []Label{{Name: "x", Key: 1}, {Name: `it's "y"`, Key: 2, Unsafe: true}}},
		{OID: 20002, Array: 20003, Name: "a", SQLName: "s.a"}}))
	must(t, err)
	a := known.Type(20000)
	if v, err := a.In("x", -1); err != nil || v.Int() != 1 {
		t.Errorf("x is %v (%v)", v, err)
	}
	for text, code := range map[string]string{"": "22P02", "X": "22P02", " x": "22P02", `it's "y"`: "55P04"} {
		if _, err := a.In(text, -1); err == nil || err.Error() == "" || fault.Code(err) != code {
			t.Errorf("%q gives %v, want %s", text, err, code)
		}
	}
	if got := string(a.JSON(nil, sqlite.Int(2))); got != `"it's \"y\""` {
		t.Errorf("JSON is %s", got)
	}
	if got := a.TextSQL("v"); got != `(CASE v WHEN 1 THEN 'x' WHEN 2 THEN 'it''s "y"' END)` {
		t.Errorf("text is %s", got)
	}
	if known.Type(20003).Elem != known.Type(20002) || known.Type(20002).TextSQL("v") != "NULL" {
		t.Error("a type without labels is wrong")
	}
}
