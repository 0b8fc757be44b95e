package typestest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// arguments knows the texts with which entries are tried.
type arguments struct {
	byType  map[string]texts
	byEntry map[string][][]*string
	cat     *types.Catalogue
	names   names
	missing map[string]bool // types without values, reported once
}

func readArguments(t *testing.T, c *types.Catalogue) *arguments {
	t.Helper()
	a := &arguments{cat: c, names: newNames(t), byType: map[string]texts{}, byEntry: map[string][][]*string{}, missing: map[string]bool{}}
	for _, path := range files(t, "../testdata/values") {
		var known texts
		read(t, path, &known)
		a.byType[strings.TrimSuffix(filepath.Base(path), ".json")] = known
	}
	for _, path := range files(t, "../testdata/tuples") {
		var more map[string][][]*string
		read(t, path, &more)
		for entry, tuples := range more {
			a.byEntry[entry] = append(a.byEntry[entry], tuples...)
		}
	}
	for _, family := range c.Families() {
		for _, typ := range family.Types {
			if _, own := a.byType[typ.Name]; typ.Elem != nil && !own {
				a.byType[typ.Name] = arrayTexts(a.byType[typ.Elem.Name])
			}
		}
	}
	return a
}

// texts are the texts with which a type is tried.
type texts struct {
	Values []string `json:"values"` // good ones, which entries get as arguments
	Inputs []string `json:"inputs"` // more, good and bad, which are only read
}

func files(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(folder + "/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s (%v)", folder, err)
	}
	return paths
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// argument is one argument: a text of a type, or NULL.
type argument struct {
	typ  *types.Type
	text *string
}

// literal writes the argument for PostgreSQL.
func (a argument) literal() string {
	if a.text == nil {
		return "null::" + named(a.typ)
	}
	return quote(*a.text) + "::" + named(a.typ)
}

// named names a type for PostgreSQL; the SQL name will not do, since "character"
// there means "character(1)".
func named(typ *types.Type) string { return `pg_catalog."` + typ.Name + `"` }

// escapes is made once: making it takes longer than most of what is quoted by it.
var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func quote(s string) string {
	return "E'" + escapes.Replace(s) + "'"
}

// tuples returns argument lists for an entry: those written down for it, and of
// the cross product of the values of its types as many as limit allows. The last
// argument of a variadic entry is repeated.
func (a *arguments) tuples(t *testing.T, entry string, oids []types.OID, variadic bool, limit int) [][]argument {
	t.Helper()
	all := a.written(t, entry, oids, variadic)
	for _, list := range a.concrete(oids) {
		all = append(all, a.cross(t, list, limit)...)
		if variadic {
			text := a.cat.Type(types.Text)
			all = append(all, a.cross(t, append(slices.Clone(list), text), limit)...)
			all = append(all, a.cross(t, append(slices.Clone(list), text, list[len(list)-1]), limit)...)
		}
	}
	return all
}

// written returns the tuples of testdata/tuples; pseudo-types and what is beyond the
// declared arguments of a variadic entry are text there.
func (a *arguments) written(t *testing.T, entry string, oids []types.OID, variadic bool) (all [][]argument) {
	t.Helper()
	list := a.resolve(oids, a.cat.Type(types.Text))
	for _, texts := range a.byEntry[entry] {
		if len(texts) != len(list) && (!variadic || len(texts) < len(list)) {
			t.Errorf("testdata/tuples: %s takes %d arguments", entry, len(list))
			continue
		}
		tuple := make([]argument, len(texts))
		for i := range texts {
			tuple[i] = argument{list[min(i, len(list)-1)], texts[i]}
		}
		all = append(all, tuple)
	}
	return all
}

// concrete puts real types in the place of pseudo-types.
func (a *arguments) concrete(oids []types.OID) [][]*types.Type {
	pseudo := false
	for _, oid := range oids {
		pseudo = pseudo || isPseudo(oid)
	}
	if !pseudo {
		return [][]*types.Type{a.resolve(oids, nil)}
	}
	var all [][]*types.Type
	for _, name := range []string{"int4", "text", "bool", "int8", "uuid", "numeric", "float8", "timestamptz", "bpchar"} {
		if stand := a.cat.TypeNamed(name); stand != nil {
			all = append(all, a.resolve(oids, stand))
		}
	}
	return all
}

func isPseudo(oid types.OID) bool {
	switch oid {
	case types.Any, types.AnyElement, types.AnyNonArray, types.AnyArray, types.AnyCompatible, types.AnyCompatibleArray, types.AnyCompatibleNonArray:
		return true
	}
	return false
}

func (a *arguments) resolve(oids []types.OID, stand *types.Type) []*types.Type {
	list := make([]*types.Type, len(oids))
	for i, oid := range oids {
		list[i] = standIn(a.cat, oid, stand)
	}
	return list
}

// cross returns the cross product of the values of types, thinned out evenly to
// the limit. Every value of every argument still takes part when the limit is
// above their number.
func (a *arguments) cross(t *testing.T, list []*types.Type, limit int) [][]argument {
	t.Helper()
	if len(list) == 0 {
		return [][]argument{nil}
	}
	values := make([][]argument, len(list))
	total := 1
	for i, typ := range list {
		if typ == nil {
			return nil
		}
		values[i] = a.values(t, typ)
		total *= len(values[i])
	}
	step := total/limit + 1
	for step > 1 && !coprime(step, total) {
		step++
	}
	var all [][]argument
	for n := range min(total, limit) {
		rest := n * step % total
		tuple := make([]argument, len(list))
		for i := range list {
			tuple[i] = values[i][rest%len(values[i])]
			rest /= len(values[i])
		}
		all = append(all, tuple)
	}
	return all
}

func coprime(a, b int) bool {
	for b != 0 {
		a, b = b, a%b
	}
	return a == 1
}

// values returns the values of a type, NULL first.
func (a *arguments) values(t *testing.T, typ *types.Type) []argument {
	t.Helper()
	texts := a.byType[typ.Name].Values
	if len(texts) == 0 && !a.missing[typ.Name] {
		a.missing[typ.Name] = true
		t.Errorf("testdata/values has no values of type %s", typ.Name)
	}
	list := []argument{{typ: typ}}
	for i := range texts {
		list = append(list, argument{typ, &texts[i]})
	}
	return list
}
