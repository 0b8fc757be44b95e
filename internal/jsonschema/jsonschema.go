// Package jsonschema checks documents against a JSON Schema (draft 2020-12), as far
// as both engines enforce it: a keyword, format or reference that they would not is
// refused, never passed over.
//
//	s, err := jsonschema.Compile(text, matcher)
//	ok := s.Valid(document)
//
// The check is that of github.com/santhosh-tekuri/jsonschema. Patterns are
// PostgreSQL's regular expressions, which the caller compiles.
package jsonschema

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	lib "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/galleyhq/galley/internal/fault"
)

// Matcher compiles a pattern into what tells whether a text matches it.
type Matcher func(pattern string) (func(text string) (bool, error), error)

// Schema is a compiled schema. It never changes and may be shared.
type Schema struct{ schema *lib.Schema }

// maxText bounds a schema, in bytes.
const maxText = 256 << 10

// here is the address of the schema being compiled. Nothing is ever loaded.
const here = "galley:///schema"

// Compile reads a schema. An error is a *fault.Error: 22023 for what is no schema,
// 0A000 for what is not supported, or what compile said of a pattern.
func Compile(text string, compile Matcher) (*Schema, error) {
	if len(text) > maxText {
		return nil, fault.New("54000", "a JSON schema may have at most %d bytes", maxText)
	}
	doc, err := lib.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fault.New(fault.InvalidParameter, "the JSON schema is no JSON: %v", err)
	}
	if err := check(doc); err != nil {
		return nil, err
	}
	if err := checkCycles(doc); err != nil {
		return nil, err
	}
	return compileChecked(doc, compile)
}

func compileChecked(doc any, compile Matcher) (*Schema, error) {
	var refused error // of a pattern: the library keeps the text of errors only
	match := func(pattern string) func(string) bool {
		m, err := compile(pattern)
		if err != nil {
			refused = cmp.Or(refused, err)
			return nil
		}
		return func(text string) bool {
			ok, err := m(text)
			if err != nil {
				panic(failure{err}) // the library knows no third answer
			}
			return ok
		}
	}
	c := lib.NewCompiler()
	c.DefaultDraft(lib.Draft2020)
	c.UseLoader(noLoader{})
	c.AssertFormat()
	c.UseRegexpEngine(func(pattern string) (lib.Regexp, error) {
		if m := match(pattern); m != nil {
			return &expression{pattern, m}, nil
		}
		return nil, errors.New("invalid regular expression")
	})
	for _, f := range formats(match) {
		c.RegisterFormat(f)
	}
	if err := c.AddResource(here, doc); err != nil {
		return nil, invalid(err)
	}
	s, err := c.Compile(here)
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, invalid(err)
	}
	return &Schema{s}, nil
}

func invalid(err error) error {
	return fault.New(fault.InvalidParameter, "the JSON schema is not valid").
		WithDetail("%s", strings.ReplaceAll(err.Error(), here, "schema"))
}

// failure is an error of a pattern on its way through the library.
type failure struct{ error }

// Valid tells whether a document meets the schema. It is made of nil, bool, string,
// json.Number, []any and map[string]any. An error is that of a pattern.
func (s *Schema) Valid(document any) (ok bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			f, known := v.(failure)
			if !known {
				panic(v)
			}
			ok, err = false, f.error
		}
	}()
	return s.schema.Validate(document) == nil, nil
}

// noLoader keeps schemas from being fetched.
type noLoader struct{}

// Load implements lib.URLLoader.
func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("%s is not loaded", url) }

// expression is a pattern as the library wants it, which uses it as a key.
type expression struct {
	pattern string
	match   func(string) bool
}

// MatchString implements lib.Regexp.
func (e *expression) MatchString(s string) bool { return e.match(s) }

// String implements lib.Regexp.
func (e *expression) String() string { return e.pattern }
