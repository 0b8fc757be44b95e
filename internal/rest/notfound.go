package rest

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
	"github.com/galleyhq/galley/internal/spelling"
)

// similarEnough is how much of a name must be right for a hint.
const similarEnough = 0.75

// tableNotFound is the error for a relation that the schema does not have, with
// the one whose name is nearest as its hint.
func tableNotFound(snap *schema.Snapshot, schemaName, name string) error {
	err := fault.New("PGRST205", "Could not find the table '%s.%s' in the schema cache", schemaName, name).
		WithStatus(http.StatusNotFound)
	if near := nearest(snap, schemaName, name); near != "" {
		return err.WithHint("Perhaps you meant the table '%s.%s'", schemaName, near)
	}
	return err
}

func nearest(snap *schema.Snapshot, schemaName, name string) string {
	if len(name) > 128 {
		return ""
	}
	best, found := 0.0, ""
	for _, r := range snap.Relations {
		if r.Schema != schemaName {
			continue
		}
		if s := spelling.Similarity(strings.ToLower(name), strings.ToLower(r.Name.Name)); s >= similarEnough && s > best {
			best, found = s, r.Name.Name
		}
	}
	return found
}
