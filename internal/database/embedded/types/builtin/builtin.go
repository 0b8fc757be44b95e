// Package builtin puts the families of types together into the catalogue that
// the embedded engine knows.
package builtin

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/boolean"
	"github.com/galleyhq/galley/internal/database/embedded/types/bytea"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime"
	"github.com/galleyhq/galley/internal/database/embedded/types/docs"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension"
	"github.com/galleyhq/galley/internal/database/embedded/types/float"
	"github.com/galleyhq/galley/internal/database/embedded/types/format"
	"github.com/galleyhq/galley/internal/database/embedded/types/integer"
	"github.com/galleyhq/galley/internal/database/embedded/types/json"
	"github.com/galleyhq/galley/internal/database/embedded/types/numeric"
	"github.com/galleyhq/galley/internal/database/embedded/types/pattern"
	"github.com/galleyhq/galley/internal/database/embedded/types/quantile"
	"github.com/galleyhq/galley/internal/database/embedded/types/session"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/database/embedded/types/tochar"
	"github.com/galleyhq/galley/internal/database/embedded/types/uuid"
)

// Catalogue returns all entries. It is made anew by each call and never
// changes.
func Catalogue() (*types.Catalogue, error) {
	var known *types.Catalogue
	find := func(c *sqlite.Conn, oid types.OID) *types.Type {
		if own, ok := c.State.(types.TypeKnower); ok {
			return own.Type(oid)
		}
		return known.Type(oid)
	}
	read := func(oid types.OID, text string) (sqlite.Value, error) { return known.Type(oid).In(text, -1) }
	families := []types.Family{
		integer.Family(),
		boolean.Family(),
		numeric.Family(),
		float.Family(),
		text.Family(),
		pattern.Family(),
		format.Family(),
		bytea.Family(),
		uuid.Family(),
		datetime.Family(),
		tochar.Family(func(text string, mod int32) (sqlite.Value, error) { return known.Type(types.Numeric).In(text, mod) }),
		json.Family(),
		docs.Family(),
		quantile.Family(func(name string) func(a, b string) int { return known.Comparison(name) }),
		types.Family{Name: "json rows", Functions: json.Sets(find), Gatherers: json.RowAggregates(find)},
		session.Family(read),
	}
	families = append(families, array.Family(families...))
	known, err := types.NewCatalogue(append(families, extension.Helpers()...)...)
	return known, err
}
