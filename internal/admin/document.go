package admin

import (
	_ "embed"
	"net/http"
	"slices"
	"strconv"
)

// document is written by hand: what is below /admin/v1 in OpenAPI 3.1, the paths of
// mail among them, which are answered by that package.
//
//go:embed openapi.json
var document []byte

// Document is the description of everything below /admin/v1 in OpenAPI 3.1.
func Document() []byte { return slices.Clone(document) }

func describe(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(document)))
	_, _ = w.Write(document) // a client that left is no error
	return nil
}
