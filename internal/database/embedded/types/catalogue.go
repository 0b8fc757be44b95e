package types

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// Catalogue is the families put together and indexed. It never changes.
type Catalogue struct {
	base       *Catalogue // what this one adds to; nil for the first
	byOID      map[OID]*Type
	byName     map[string]*Type
	functions  map[string][]*Function
	operators  map[string][]*Operator
	casts      map[[2]OID]*Cast
	aggregates map[string][]*Aggregate
	families   []Family
}

// NewCatalogue puts families together. A duplicate, or an entry over a type
// nobody declares, is an error.
func NewCatalogue(families ...Family) (*Catalogue, error) {
	return layer(nil, families)
}

// With returns a catalogue that knows a family besides all that c knows: the
// types a database made itself. It shares c, which stays as it is; a family
// without entries gives c itself.
//
// What SQLite calls by name is registered when a connection is opened, so that
// such a family brings no Go functions, aggregates and collations of its own: it
// uses those of the first catalogue.
func (c *Catalogue) With(f Family) (*Catalogue, error) {
	if len(f.Types)+len(f.Functions)+len(f.Operators)+len(f.Casts)+len(f.Aggregates) == 0 {
		return c, nil
	}
	next, err := layer(c, []Family{f})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for at := c; at != nil; at = at.base {
		for _, fn := range at.SQLiteFunctions() {
			known[fn.Name] = true
		}
	}
	for _, fn := range next.SQLiteFunctions() {
		if !known[fn.Name] {
			return nil, fmt.Errorf("types: family %s: the function %s in Go cannot be added", f.Name, fn.Name)
		}
	}
	if len(next.SQLiteAggregates())+len(f.Collations) > 0 {
		return nil, fmt.Errorf("types: family %s: aggregates in Go and collations cannot be added", f.Name)
	}
	return next, nil
}

func layer(base *Catalogue, families []Family) (*Catalogue, error) {
	c := &Catalogue{
		base:       base,
		byOID:      map[OID]*Type{},
		byName:     map[string]*Type{},
		functions:  map[string][]*Function{},
		operators:  map[string][]*Operator{},
		casts:      map[[2]OID]*Cast{},
		aggregates: map[string][]*Aggregate{},
		families:   families,
	}
	for _, f := range families {
		for _, t := range f.Types {
			if c.Type(t.OID) != nil || base == nil && c.byName[t.Name] != nil {
				return nil, fmt.Errorf("types: %s declares type %s a second time", f.Name, t.Name)
			}
			c.byOID[t.OID], c.byName[t.Name] = t, t
		}
	}
	for _, f := range families {
		if err := c.add(f); err != nil {
			return nil, fmt.Errorf("types: family %s: %w", f.Name, err)
		}
	}
	return c, nil
}

func (c *Catalogue) add(f Family) error {
	for _, fn := range f.Functions {
		if err := c.addFunction(fn); err != nil {
			return err
		}
	}
	for _, op := range f.Operators {
		for _, other := range c.Operators(op.Name) {
			if other.Left == op.Left && other.Right == op.Right {
				return fmt.Errorf("operator %s(%d,%d) twice", op.Name, op.Left, op.Right)
			}
		}
		c.operators[op.Name] = append(own(c.operators, c.Operators, op.Name), op)
	}
	for _, cast := range f.Casts {
		key := [2]OID{cast.Source, cast.Target}
		if c.Cast(cast.Source, cast.Target) != nil {
			return fmt.Errorf("cast %d to %d twice", cast.Source, cast.Target)
		}
		c.casts[key] = cast
	}
	for _, a := range f.Aggregates {
		c.aggregates[a.Name] = append(own(c.aggregates, c.Aggregates, a.Name), a)
	}
	return nil
}

func (c *Catalogue) addFunction(fn *Function) error {
	key := functionKey(fn.Schema, fn.Name)
	for _, other := range c.functionsOf(key) {
		if sameArgs(other.Args, fn.Args) {
			return fmt.Errorf("function %s%v twice", key, fn.Args)
		}
	}
	if fn.Rows != nil != fn.ReturnsSet {
		return fmt.Errorf("function %s%v: Rows makes a function set-returning", key, fn.Args)
	}
	if fn.Rows == nil && (fn.SQL == nil && fn.Call == nil) == (fn.Session == nil) {
		return fmt.Errorf("function %s%v needs Session, or SQL or Call", key, fn.Args)
	}
	c.functions[key] = append(own(c.functions, c.functionsOf, key), fn)
	return nil
}

// own is the list of a name in this layer, which begins with a copy of the list
// below it: a look-up finds all in one place.
func own[E any](layer map[string][]E, all func(string) []E, name string) []E {
	if list, ok := layer[name]; ok {
		return list
	}
	return slices.Clone(all(name))
}

func sameArgs(a, b []OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func functionKey(schemaName, name string) string {
	if schemaName == "" || schemaName == "pg_catalog" {
		return name
	}
	return schemaName + "." + name
}

// Type returns a type by OID, nil when there is none.
func (c *Catalogue) Type(oid OID) *Type {
	for ; c != nil; c = c.base {
		if t := c.byOID[oid]; t != nil {
			return t
		}
	}
	return nil
}

// TypeNamed returns a type of pg_catalog by its name in pg_type, nil when there
// is none. Types of other schemas are found by the catalogue of the database.
func (c *Catalogue) TypeNamed(name string) *Type {
	for c.base != nil {
		c = c.base
	}
	return c.byName[name]
}

// Functions returns the functions of a name in a schema ("" is pg_catalog).
func (c *Catalogue) Functions(schemaName, name string) []*Function {
	return c.functionsOf(functionKey(schemaName, name))
}

func (c *Catalogue) functionsOf(key string) []*Function {
	for ; c != nil; c = c.base {
		if list, ok := c.functions[key]; ok {
			return list
		}
	}
	return nil
}

// Operators returns the operators of a name.
func (c *Catalogue) Operators(name string) []*Operator {
	for ; c != nil; c = c.base {
		if list, ok := c.operators[name]; ok {
			return list
		}
	}
	return nil
}

// IsOperator tells whether a function is behind one of the operators of some names.
func (c *Catalogue) IsOperator(f *Function, names ...string) bool {
	for _, name := range names {
		for _, op := range c.Operators(name) {
			if op.Function == f {
				return true
			}
		}
	}
	return false
}

// Cast returns the cast between two types, nil when pg_cast has none.
func (c *Catalogue) Cast(source, target OID) *Cast {
	for ; c != nil; c = c.base {
		if cast := c.casts[[2]OID{source, target}]; cast != nil {
			return cast
		}
	}
	return nil
}

// Aggregates returns the aggregates of a name.
func (c *Catalogue) Aggregates(name string) []*Aggregate {
	for ; c != nil; c = c.base {
		if list, ok := c.aggregates[name]; ok {
			return list
		}
	}
	return nil
}

// Families returns the families of the last layer, for tests and for
// registration.
func (c *Catalogue) Families() []Family { return c.families }

// SQLiteName is the name under which a Go function is registered with SQLite:
// one for each overload, because SQLite tells overloads apart by arity only.
func (f *Function) SQLiteName() string {
	name := "pg_" + f.Name
	switch {
	case f.Extension != "":
		name = "pg_x" + strings.ReplaceAll(f.Extension, "-", "") + "_" + f.Name
	case f.Schema != "":
		name = "pg_" + f.Schema + "_" + f.Name
	}
	for _, a := range f.Args {
		name += "_" + strconv.Itoa(int(a))
	}
	return name
}

// SQLiteName is the name under which a Go aggregate is registered with SQLite.
func (a *Aggregate) SQLiteName() string {
	name := "pga_" + a.Name
	for _, t := range a.Args {
		name += "_" + strconv.Itoa(int(t))
	}
	return name
}

// SQLiteFunctions returns the Go functions of the catalogue, and of its casts
// and operators, as SQLite registers them.
func (c *Catalogue) SQLiteFunctions() []sqlite.Function {
	seen := map[string]bool{}
	var out []sqlite.Function
	add := func(fn *Function) {
		if fn == nil || fn.Call == nil || seen[fn.SQLiteName()] {
			return
		}
		seen[fn.SQLiteName()] = true
		out = append(out, fn.SQLite())
	}
	for _, f := range c.families {
		for _, fn := range f.Functions {
			add(fn)
		}
		for _, op := range f.Operators {
			add(op.Function)
		}
		for _, cast := range f.Casts {
			add(cast.Function)
		}
		out = append(out, f.Helpers...)
	}
	return out
}

// SQLite returns a Go function as SQLite registers it.
func (f *Function) SQLite() sqlite.Function {
	call := f.Call
	if f.Strict {
		inner := call
		call = func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			for _, a := range args {
				if a.IsNull() {
					return sqlite.Null, nil
				}
			}
			return inner(c, args)
		}
	}
	n := len(f.Args)
	if f.Variadic {
		n = -1
	}
	return sqlite.Function{Name: f.SQLiteName(), NArgs: n,
		Deterministic: f.Volatility != Volatile, Call: call}
}

// SQLiteAggregates returns the Go aggregates as SQLite registers them.
func (c *Catalogue) SQLiteAggregates() []sqlite.Aggregate {
	var out []sqlite.Aggregate
	for _, f := range c.families {
		for _, a := range f.Aggregates {
			out = append(out, a.sqlite(c.Comparison)...)
		}
		out = append(out, f.Gatherers...)
	}
	return out
}

// Collations returns the collations of all families.
func (c *Catalogue) Collations() []sqlite.Collation {
	var out []sqlite.Collation
	for _, f := range c.families {
		out = append(out, f.Collations...)
	}
	return out
}

// CallSQL writes the call of a Go function over emitted arguments.
func (f *Function) CallSQL(args []Arg) string {
	s := f.SQLiteName() + "("
	for i, a := range args {
		if i > 0 {
			s += ", "
		}
		s += a.SQL
	}
	return s + ")"
}
