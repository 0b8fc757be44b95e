package typestest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// modifiers are the modifiers with which types that take some are tried, good and
// bad.
var modifiers = map[string][][]int{
	"varchar": {{1}, {3}, {10}, {10485760}, {0}, {10485761}},
	"bpchar":  {{1}, {3}, {10}, {0}, {10485761}},
	"numeric": {{5, 2}, {3}, {3, 0}, {2, 5}, {3, -2}, {20, 10}, {1000, 1000}, {1000, -1000}, {1, 1},
		{0}, {1001}, {5, 1001}, {5, -1001}, {1, 2, 3}},
	"timestamptz": {{0}, {3}, {6}},
	"timestamp":   {{0}, {3}, {6}},
	"time":        {{0}, {3}, {6}},
	"timetz":      {{0}, {3}, {6}},
	"interval": {{4}, {2}, {6}, {8}, {1024}, {1032}, {2048}, {3072}, {3080}, {4096}, {6144}, {7168}, {7176},
		{4096, 0}, {4096, 2}, {7176, 3}, {6144, 1}, {32767, 0}, {32767, 3}, {32767, 6}, {1}, {5}, {4, 3}, {32767, -1}, {1, 2, 3}},
}

// TestModifiers reads texts under the modifiers of each type that takes some, as
// input (which checks) and by an explicit cast (which cuts).
func TestModifiers(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	server, own := connect(t), open(t)
	for _, family := range c.Families() {
		for _, typ := range family.Types {
			if typ.ModIn == nil || typ.Elem != nil || !chosen(typ.SQLName) { // an array's are its elements'
				continue
			}
			if len(modifiers[typ.Name]) == 0 {
				t.Errorf("type %s takes modifiers and none are tried", typ.Name)
			}
			known := a.byType[typ.Name]
			for _, mods := range modifiers[typ.Name] {
				m := modified{typ, mods, append(known.Values, known.Inputs...)}
				m.compare(t, server, own, c.Cast(typ.OID, typ.OID))
			}
		}
	}
}

// modified is a type with modifiers, and the texts to read.
type modified struct {
	typ   *types.Type
	mods  []int
	texts []string
}

func (m modified) String() string {
	list := make([]string, len(m.mods))
	for i, n := range m.mods {
		list[i] = strconv.Itoa(n)
	}
	return m.typ.Name + "(" + strings.Join(list, ", ") + ")"
}

func (m modified) compare(t *testing.T, server *postgres, own *engine, resize *types.Cast) {
	t.Helper()
	mod, err := m.typ.ModIn(m.mods)
	if err != nil {
		want := server.try(t, []string{show("null::pg_catalog." + m.String())})[0]
		if got := failed(err); got != want {
			t.Errorf("%s: %s, in PostgreSQL %s", m, got, want)
		}
		return
	}
	if resize == nil {
		t.Errorf("%s: no cast of the type to itself", m)
		return
	}
	var asInput, asCast []string
	for _, text := range m.texts {
		asInput = append(asInput, show(fmt.Sprintf("pg_catalog.%sin(%s, 0, %d)", m.inputFunction(), quote(text), mod)))
		asCast = append(asCast, show(quote(text)+"::"+named(m.typ)+"::pg_catalog."+m.String()))
	}
	casts := server.try(t, asCast)
	for i, want := range server.try(t, asInput) {
		if got := m.input(m.texts[i], mod); got != want && !refused(got) {
			t.Errorf("%s of %q: %s, in PostgreSQL %s", m, m.texts[i], got, want)
		}
		got := m.cast(t, own, resize.Function, m.texts[i], mod)
		if want := casts[i]; got != want && !refused(got) {
			t.Errorf("%q cast to %s: %s, in PostgreSQL %s", m.texts[i], m, got, want)
		}
	}
}

// inputFunction is the name of pg_type.typinput, without "in" or "_in".
func (m modified) inputFunction() string {
	if m.typ.Name == "varchar" || m.typ.Name == "bpchar" {
		return m.typ.Name
	}
	return m.typ.Name + "_"
}

func (m modified) input(text string, mod int32) answer {
	v, err := m.typ.In(text, mod)
	if err != nil {
		return failed(err)
	}
	return shown(m.typ, v)
}

// cast reads a text and applies the cast that brings a value to a modifier.
func (m modified) cast(t *testing.T, own *engine, f *types.Function, text string, mod int32) answer {
	t.Helper()
	v, err := m.typ.In(text, -1)
	if err != nil {
		return failed(err)
	}
	args := []types.Arg{{SQL: "?1", Type: m.typ}, {SQL: "?2"}, {SQL: "?3"}}[:len(f.Args)]
	v, err = own.query("SELECT "+call(f, args), []sqlite.Value{v, sqlite.Int(int64(mod)), sqlite.Bool(true)})
	if err != nil {
		return failed(err)
	}
	return shown(m.typ, v)
}
