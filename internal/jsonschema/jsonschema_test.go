package jsonschema

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

// goMatcher is for tests: the engines compile patterns as PostgreSQL does.
func goMatcher(pattern string) (func(string) (bool, error), error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fault.New("2201B", "invalid regular expression")
	}
	return func(s string) (bool, error) { return re.MatchString(s), nil }, nil
}

// TestRefused: what is not enforced everywhere, or is no schema, is no check.
func TestRefused(t *testing.T) {
	for text, code := range map[string]string{
		`{"unevaluatedItems": false}`:                            fault.FeatureNotSupported,
		`{"allOf": [{"not": {"dependencies": {}}}]}`:             fault.FeatureNotSupported,
		`{"properties": {"a": {"format": "ipv4"}}}`:              fault.FeatureNotSupported,
		`{"$ref": "http://example.com/x"}`:                       fault.FeatureNotSupported,
		`{"$ref": "#anchor"}`:                                    fault.FeatureNotSupported,
		`{"$schema": "http://json-schema.org/draft-07/schema#"}`: fault.FeatureNotSupported,
		`{"$id": "http://example.com/x"}`:                        fault.FeatureNotSupported,
		`{"type": "text"}`:                                       fault.InvalidParameter,
		`{"minLength": -1}`:                                      fault.InvalidParameter,
		`{"items": []}`:                                          fault.InvalidParameter,
		`{"$ref": "#/$defs/none"}`:                               fault.InvalidParameter,
		`{"$ref": "#"}`:                                          fault.InvalidParameter,
		`{"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}}`:       fault.InvalidParameter,
		`{"anyOf": [true, {"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#"}}}`: fault.InvalidParameter,
		`7`:                fault.InvalidParameter,
		`{`:                fault.InvalidParameter,
		`{"pattern": "("}`: "2201B",
		`{"x": "` + strings.Repeat("x", maxText) + `"}`: "54000",
	} {
		if _, err := Compile(text, goMatcher); fault.Code(err) != code {
			t.Errorf("%.60s: %v, want %s", text, err, code)
		}
	}
}

// TestPatternsThatFail: an error of a pattern is no answer, not even the opposite
// of one.
func TestPatternsThatFail(t *testing.T) {
	broken := errors.New("too much work")
	s, err := Compile(`{"not": {"pattern": "a"}}`, func(pattern string) (func(string) (bool, error), error) {
		if pattern != "a" {
			return goMatcher(pattern)
		}
		return func(string) (bool, error) { return false, broken }, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := s.Valid("x"); ok || !errors.Is(err, broken) {
		t.Errorf("%v %v", ok, err)
	}
	if ok, err := s.Valid(json.Number("1")); ok || err != nil { // a pattern says nothing of numbers
		t.Errorf("%v %v", ok, err)
	}
}

func TestPatterns(t *testing.T) {
	got := Patterns(`{"pattern": "a", "properties": {"pattern": {"pattern": "b"}}, "patternProperties": {"c": {"items": {"pattern": "d"}}}, "enum": [{"pattern": "e"}]}`)
	if strings.Join(got, "") != "acdb" {
		t.Errorf("%q", got)
	}
}

// FuzzCompile: no text makes the reading of a schema fail otherwise than with an
// error, and what was read answers for every document, the same each time.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`{"type": ["integer", "null"]}`, `{"properties": {"a": {"$ref": "#"}}}`, `{"if": {"const": 1}, "then": false}`,
		`{"$defs": {"a/b": true}, "$ref": "#/$defs/a~1b"}`, `{"patternProperties": {"^a": false}, "additionalProperties": false}`,
		`{"oneOf": [{"format": "date"}, {"multipleOf": 0.01}]}`, `true`, `{"$ref": "#/allOf/0", "allOf": [{"items": false}]}`} {
		f.Add(s, `{"a": [1, "2024-02-29", null]}`)
	}
	f.Fuzz(func(t *testing.T, schema, document string) {
		s, err := Compile(schema, goMatcher)
		if err != nil {
			if fault.Code(err) == fault.InternalError {
				t.Fatalf("%q: %v", schema, err)
			}
			return
		}
		Patterns(schema)
		d := json.NewDecoder(strings.NewReader(document))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		first, err := s.Valid(v)
		second, again := s.Valid(v)
		if err != nil || again != nil || first != second {
			t.Fatalf("%q on %q: %v %v, %v %v", schema, document, first, err, second, again)
		}
	})
}
