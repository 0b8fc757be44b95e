// Package extension holds PostgreSQL's extensions whose functions are known here.
// Their Go functions are registered with every connection; CREATE EXTENSION makes
// them visible to statements, in the schema it names:
//
//	e, ok := extension.Named("pgcrypto")
//	next, err := catalogue.With(e.Family("extensions"))
package extension

import (
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension/pgcrypto"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension/trigram"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension/uuidossp"
)

// Extension is what CREATE EXTENSION can name.
type Extension struct {
	Name    string // pg_extension.extname
	Version string // pg_extension.extversion
	Comment string // what obj_description says of it

	functions func() []*types.Function
	operators func() []*types.Operator // nil for none
}

// All returns the extensions, by name.
func All() []Extension {
	return []Extension{
		{Name: "pg_trgm", Version: "1.6", Comment: "text similarity measurement and index searching based on trigrams",
			functions: trigram.Functions, operators: trigram.Operators},
		{Name: "pgcrypto", Version: "1.3", Comment: "cryptographic functions", functions: pgcrypto.Functions},
		{Name: "uuid-ossp", Version: "1.1", Comment: "generate universally unique identifiers (UUIDs)", functions: uuidossp.Functions},
	}
}

// Named returns an extension by its name, false when there is none.
func Named(name string) (Extension, bool) {
	for _, e := range All() {
		if e.Name == name {
			return e, true
		}
	}
	return Extension{}, false
}

// Family returns what the extension adds to a catalogue, installed in a schema.
func (e Extension) Family(schema string) types.Family {
	f := types.Family{Name: e.Name, Functions: e.functions()}
	if e.operators != nil {
		f.Operators = e.operators()
	}
	for _, op := range f.Operators {
		op.Schema, op.Function.Extension, op.Function.Schema = schema, e.Name, schema
	}
	for _, fn := range f.Functions {
		fn.Extension, fn.Schema = e.Name, schema
	}
	return f
}

// Helpers returns the Go functions of all extensions, as families that name
// nothing to statements.
func Helpers() (all []types.Family) {
	for _, e := range All() {
		f := types.Family{Name: e.Name}
		for _, fn := range e.Family("").Functions {
			if fn.Call != nil {
				f.Helpers = append(f.Helpers, fn.SQLite())
			}
		}
		all = append(all, f)
	}
	return all
}
