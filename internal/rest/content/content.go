// Package content reads the bodies of requests that say what is written: objects of
// JSON, CSV and forms, and merge patches. Of JSON it keeps the text of each value, so
// that nothing is lost to Go types.
//
//	body, err := content.Parse("text/csv", []byte("id,title\n1,Buy milk\n"), false)
//	form, arg, err := content.Value(column, body.First[0].Value)
//
// Errors are PGRST102 in PostgREST's words (PostgREST documentation, "Tables and
// Views").
package content

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Parse reads the body of a write by its media type; patch tells that JSON is a merge
// patch.
func Parse(contentType string, body []byte, patch bool) (*Body, error) {
	contentType, _, _ = strings.Cut(contentType, ";")
	media := strings.ToLower(strings.TrimSpace(contentType))
	if patch && (media == MergePatch || media == "application/json" || media == "") {
		return parsePatch(body)
	}
	switch media {
	case "", "application/json", "application/vnd.pgrst.array+json", "application/vnd.pgrst.object+json", "*/*":
		return ParseJSON(body)
	case "text/csv":
		return parseCSV(body)
	case "application/x-www-form-urlencoded":
		return parseForm(body)
	}
	return nil, fault.New("PGRST102", "Content-Type not acceptable: %s", contentType)
}
