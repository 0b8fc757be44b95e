package typestest

import (
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// seed makes other random values than the usual ones.
var seed = flag.Uint64("seed", 7, "of random values")

// generators make random texts of types; the same ones in every run.
var generators = map[string]func(r *rand.Rand) string{
	"bool": func(r *rand.Rand) string { return []string{"t", "f"}[r.IntN(2)] },
	"int2": func(r *rand.Rand) string { return strconv.Itoa(int(int16(r.Uint32()))) },
	"int4": func(r *rand.Rand) string { return strconv.Itoa(int(int32(r.Uint32()) >> r.IntN(31))) },
	"int8": func(r *rand.Rand) string { return strconv.FormatInt(int64(r.Uint64())>>r.IntN(63), 10) },
	"float8": func(r *rand.Rand) string {
		for {
			if r.IntN(30) == 0 {
				return []string{"NaN", "-0", "0", "Infinity", "-Infinity"}[r.IntN(5)]
			}
			f := math.Float64frombits(r.Uint64())
			if r.IntN(2) == 0 { // a size that people use
				f = math.Trunc(r.NormFloat64()*1e9) / math.Pow10(r.IntN(9))
			}
			if !math.IsNaN(f) {
				return strconv.FormatFloat(f, 'g', 1+r.IntN(20), 64)
			}
		}
	},
	"float4": func(r *rand.Rand) string {
		for {
			if r.IntN(30) == 0 {
				return []string{"NaN", "-0", "0", "Infinity", "-Infinity"}[r.IntN(5)]
			}
			if f := float64(math.Float32frombits(r.Uint32())); !math.IsNaN(f) && math.Abs(f) > 1e-30 && math.Abs(f) < 1e30 {
				return strconv.FormatFloat(f, 'g', 1+r.IntN(12), 64)
			}
		}
	},
	"numeric": randomNumeric,
	"json":    func(r *rand.Rand) string { return randomJSON(r, 3) },
	"jsonb":   func(r *rand.Rand) string { return randomJSON(r, 3) },
	"text":    randomText,
	"varchar": randomText,
	"bpchar":  randomText,
	"name":    randomText,
	"bytea": func(r *rand.Rand) string {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return `\x` + hex.EncodeToString(b)
	},
	"uuid":        func(r *rand.Rand) string { return fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()) },
	"date":        randomDate,
	"time":        randomClock,
	"timetz":      randomTimetz,
	"timestamp":   randomTimestamp,
	"timestamptz": randomTimestamptz,
	"interval":    randomInterval,
}

func randomNumeric(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	for range 1 + r.IntN(1+r.IntN(40)) {
		b.WriteByte('0' + byte(r.IntN(10)))
	}
	if n := r.IntN(1 + r.IntN(40)); n > 0 {
		b.WriteByte('.')
		for range n {
			b.WriteByte('0' + byte(r.IntN(10)))
		}
	}
	return b.String()
}

// randomJSON makes a document, now and then one with a mistake.
func randomJSON(r *rand.Rand, depth int) string {
	space := func() string { return []string{"", "", "", " ", "\n\t"}[r.IntN(5)] }
	list := func(item func() string) string {
		var parts []string
		for range r.IntN(4) {
			parts = append(parts, space()+item()+space())
		}
		return strings.Join(parts, ",")
	}
	text := func() string {
		return `"` + []string{"", "a", "b", "aa", "key", "ä", `\u00e4`, `\n`, `\"`, `\\`, `\ud83d\ude00`, "😀", `\/`, "A", "z\x7f"}[r.IntN(15)] + `"`
	}
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch r.IntN(kinds) {
	case 0:
		return text()
	case 1:
		return []string{"null", "true", "false"}[r.IntN(3)]
	case 2:
		return strconv.Itoa(r.IntN(20) - 10)
	case 3:
		return []string{"1.5", "-0", "-0.0", "1e3", "1E-2", "12.50", "0.10", "1e20", "123456789012345678901234567890", "5e-7", "1.0e1"}[r.IntN(11)]
	case 4:
		if r.IntN(40) == 0 {
			return []string{"tru", "01", "1.", "'a'", "", "nan", `"\x"`, `"\u12"`, `"\ud800"`, "[1", "{1:2}", `{"a"}`, "[,]", `{"a":1,}`}[r.IntN(14)]
		}
		return text()
	case 5:
		return "[" + list(func() string { return randomJSON(r, depth-1) }) + "]"
	}
	return "{" + list(func() string { return text() + space() + ":" + space() + randomJSON(r, depth-1) }) + "}"
}

func randomText(r *rand.Rand) string {
	alphabet := []rune("aAbBzZ01 _%\\'\"äÄßéİıſΣς日本😀\n\t-.")
	s := make([]rune, r.IntN(9))
	for i := range s {
		s[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(s)
}

func randomTexts(typ *types.Type, n int) []string {
	generate := generators[typ.Name]
	if generate == nil {
		return nil
	}
	r := rand.New(rand.NewPCG(*seed, uint64(typ.OID)))
	list := make([]string, n)
	for i := range list {
		list[i] = generate(r)
	}
	return list
}

// readable keeps the texts that are values: random dates have days that no month
// has.
func readable(typ *types.Type, texts []string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { _, err := typ.In(text, -1); return err != nil })
}

// TestRandomOperands applies every operator, and every function of up to three
// arguments, to random values.
func TestRandomOperands(t *testing.T) {
	const n = 100
	c := catalogue(t)
	names := newNames(t)
	var all []probes
	for _, family := range c.Families() {
		for _, f := range family.Functions {
			if f.Session != nil || f.ReturnsSet || f.Variadic || f.Schema != "" || excluded[f.Name] != "" ||
				len(f.Args) == 0 || len(f.Args) > 3 {
				continue
			}
			p := probes{entry: names.function(f.Name, f.Args)}
			columns := make([][]string, len(f.Args))
			for i, oid := range f.Args {
				if typ := c.Type(oid); typ != nil && generators[typ.Name] != nil {
					columns[i] = readable(typ, randomTexts(typ, 4*(i+1)*n))[i*n:]
				}
			}
			for k := range n {
				if tuple := pick(c, f.Args, columns, k); tuple != nil {
					p.list = append(p.list, newProbe(c, f, tuple, "pg_catalog."+quoteName(f.Name)+"("+literals(tuple)+")"))
				}
			}
			if len(p.list) > 0 {
				p.lenient = true // random arguments may all be errors
				all = append(all, p)
			}
		}
	}
	compare(t, all)
}

// pick makes the k-th tuple of columns of texts. A random integer would be an
// absurd length or count, so beside other types it is a small one.
func pick(c *types.Catalogue, args []types.OID, columns [][]string, k int) []argument {
	tuple := make([]argument, len(args))
	for i, texts := range columns {
		if texts == nil {
			return nil
		}
		text := texts[k]
		if args[i] == types.Int4 && args[0] != types.Int4 {
			text = strconv.Itoa(k%30 - 10)
		}
		tuple[i] = argument{c.Type(args[i]), &text}
	}
	return tuple
}
