// Package docs is the family of Galley's own functions over documents, in schema
// galley_docs: RFC 7396's merge patch, and the check of a document against a JSON
// Schema. On PostgreSQL functions of the same names, which Galley makes there,
// give the same answers.
package docs

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/jsonschema"
)

// Schema holds the functions.
const Schema = "galley_docs"

// Family returns the catalogue entries.
func Family() types.Family {
	merge := entry.Go(0, "merge_patch", types.JSONB, entry.Args(types.JSONB, types.JSONB), mergePatch)
	merge.Schema, merge.Strict = Schema, false // NULL is a document that is not there yet
	known := &schemas{known: map[string]*jsonschema.Schema{}}
	valid := entry.Raises(0, "valid", types.Bool, entry.Args(types.JSONB, types.JSONB), known.valid)
	valid.Schema = Schema
	fails := entry.Raises(0, "raise", types.Text, entry.Args(types.Text, types.Text), raise)
	fails.Schema, fails.Volatility = Schema, types.Volatile // it is not called before its turn
	hints := entry.Raises(0, "raise", types.Text, entry.Args(types.Text, types.Text, types.Text), raiseHint)
	hints.Schema, hints.Volatility = Schema, types.Volatile
	return types.Family{Name: "documents", Functions: []*types.Function{merge, valid, fails, hints}}
}

func mergePatch(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[1].IsNull() {
		return sqlite.Null, nil
	}
	patch, err := document.Parse(args[1].Text())
	if err != nil {
		return sqlite.Null, err
	}
	var target *document.Node
	if !args[0].IsNull() {
		if target, err = document.Parse(args[0].Text()); err != nil {
			return sqlite.Null, err
		}
	}
	return sqlite.Text(string(document.MergePatch(target, patch).Append(nil))), nil
}
