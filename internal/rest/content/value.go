package content

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// Value returns the form and the parameter of a JSON value for a column, which
// may be nil: the compiler refuses it later.
func Value(col *schema.Column, text []byte) (query.Form, database.Arg, error) {
	if col == nil || string(text) == "null" {
		return query.Bound, database.Null, nil
	}
	if query.ValueForm(col, KindOf(text)) == query.Converted {
		return query.Converted, database.Text(`{"v":` + string(text) + `}`), nil
	}
	if query.IsJSON(col) {
		return query.Bound, database.Text(string(text)), nil
	}
	arg, err := Text(text)
	return query.Bound, arg, err
}

// MergePatch is the media type of a merge patch (RFC 7396, 4).
const MergePatch = "application/merge-patch+json"

// IsMergePatch tells whether a Content-Type is that of a merge patch.
func IsMergePatch(contentType string) bool {
	contentType, _, _ = strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(contentType), MergePatch)
}

// Patch is Value of a merge patch of a row: an object is merged into what a
// column of JSON holds, and anything else takes its place. What is merged into
// the JSON of other columns would have to become a value again, which is refused.
func Patch(col *schema.Column, text []byte) (query.Form, database.Arg, error) {
	if col == nil || KindOf(text) != query.Container || text[0] != '{' {
		return Value(col, text)
	}
	if !query.IsJSON(col) {
		return query.Bound, database.Null, fault.Unsupported("a merge patch of the column %q, of type %s, is not supported", col.Name, col.Type).
			WithHint("Objects are merged into columns of type jsonb and json.")
	}
	return query.Merged, database.Text(string(text)), nil
}

// parsePatch reads the body of a merge patch of a row, which must be an object: a
// row cannot become anything else.
func parsePatch(body []byte) (*Body, error) {
	p, err := ParseJSON(body)
	if err == nil && !p.Single {
		err = fault.New("PGRST102", "A merge patch of a row must be one JSON object").WithStatus(http.StatusBadRequest)
	}
	return p, err
}
