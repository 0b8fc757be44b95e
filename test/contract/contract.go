// Package contract holds answers against the OpenAPI document that describes them.
package contract

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract is a document whose answers are checked.
type Contract struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	paths    map[string]map[string]struct {
		Responses map[string]struct {
			Ref     string `json:"$ref"`
			Content map[string]any
		}
	}
	seen map[string]bool // operations that have answered as they should
}

// New reads a document in OpenAPI 3.1.
func New(t *testing.T, document []byte) *Contract {
	t.Helper()
	c := &Contract{t: t, compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	var doc struct{ Paths *json.RawMessage }
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err == nil {
		err = c.compiler.AddResource("openapi.json", whole)
	}
	if err == nil {
		err = json.Unmarshal(document, &doc)
	}
	if err == nil {
		err = json.Unmarshal(*doc.Paths, &c.paths)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	return c
}

// Check fails when the answer to a request, a path with its query, is not as
// described. A path that is not described has to answer 404.
func (c *Contract) Check(method, request string, code int, body string) {
	c.t.Helper()
	status := strconv.Itoa(code)
	path := c.template(method, request)
	if path == "" {
		if status != "404" {
			c.t.Errorf("%s %s is not described, and answers %s %s", method, request, status, body)
		}
		return
	}
	response, known := c.paths[path][strings.ToLower(method)].Responses[status]
	switch {
	case !known:
		c.t.Errorf("%s %s: the status %s is not described", method, path, status)
		return
	case status[0] == '2':
		c.seen[method+" "+path] = true
	}
	at := "#/components/schemas/error"
	if response.Ref == "" {
		if response.Content == nil {
			return
		}
		escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(path)
		at = "#/paths/" + escaped + "/" + strings.ToLower(method) + "/responses/" + status + "/content/application~1json/schema"
	}
	schema, err := c.compiler.Compile("openapi.json" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at))
	if err != nil {
		c.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		c.t.Errorf("%s %s: %s %s: %v", method, request, status, body, err)
	}
}

// template is the path of the document that a request is for, the one with the
// fewest parameters; "" for none.
func (c *Contract) template(method, request string) (best string) {
	request, _, _ = strings.Cut(request, "?")
	for path, operations := range c.paths {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "[^/]+") + "$")
		if _, has := operations[strings.ToLower(method)]; has && pattern.MatchString(request) &&
			(best == "" || strings.Count(path, "{") < strings.Count(best, "{")) {
			best = path
		}
	}
	return best
}

// Complete fails unless each operation whose path is wanted has answered well.
func (c *Contract) Complete(wanted func(path string) bool) {
	c.t.Helper()
	for path, operations := range c.paths {
		for method := range operations {
			if name := strings.ToUpper(method) + " " + path; !c.seen[name] && wanted(path) {
				c.t.Errorf("%s was not tried", name)
			}
		}
	}
}
