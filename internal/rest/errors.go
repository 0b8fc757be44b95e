package rest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
	"github.com/galleyhq/galley/internal/spelling"
)

// withStatus gives an error the status that its code alone does not tell
// (PostgREST documentation, "Errors").
func withStatus(f *fault.Error) *fault.Error {
	switch {
	case f.HTTPStatus != 0:
	case f.Code == fault.InvalidParameter && strings.HasPrefix(f.Message, "role "):
		return f.WithStatus(http.StatusUnauthorized)
	case f.Code == fault.CardinalityViolation && !strings.HasSuffix(f.Message, "requires a WHERE clause"):
		return f.WithStatus(http.StatusInternalServerError)
	}
	return f
}

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

// invalidSchema is the error for a profile that is not exposed.
func (a *api) invalidSchema(name string) error {
	return fault.New("PGRST106", "Invalid schema: %s", name).
		WithHint("Only the following schemas are exposed: %s", strings.Join(a.Schemas, ", ")).
		WithStatus(http.StatusNotAcceptable)
}

func errTooManyRows(n int64) error {
	return fault.New("PGRST116", "Cannot coerce the result to a single JSON object").
		WithDetail("The result contains %d rows", n).WithStatus(http.StatusNotAcceptable)
}

func errMaxAffected(n int64) error {
	return fault.New("PGRST124", "Query result exceeds max-affected preference constraint").
		WithDetail("The query affects %d rows", n)
}

func errTooLarge(limit int) error {
	return fault.New("54000", "The result of a write is too large to return").
		WithDetail("At most %s are returned.", fmt.Sprintf("%d bytes", limit)).
		WithHint("Write fewer rows, or ask for return=minimal.")
}

func errKeyMismatch() error {
	return fault.New("PGRST115", "Payload values do not match URL in primary key column(s)").WithStatus(http.StatusBadRequest)
}
