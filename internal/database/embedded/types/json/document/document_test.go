package document_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// TestCanonical writes documents as jsonb does. All texts of the differential
// tests (package typestest) are held against PostgreSQL itself.
func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		`{"b":1e2,"a":1.50,"aa":[ ]}`: `{"a": 1.50, "b": 100, "aa": []}`,
		`{"a":1,"a":{"x":null}}`:      `{"a": {"x": null}}`,
		`"\u00e9\ud83d\ude00\u001f/"`: "\"é😀\\u001f/\"",
		`[-0.0,1e-3,0e5,12.5e1]`:      `[0.0, 0.001, 0, 125]`,
	} {
		if got, err := document.Canonical(text); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
}

// TestErrors holds codes and details; the details were read off PostgreSQL 15.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                           `22P02 The input string ended unexpectedly.`,
		`{"a":1,}`:                   `22P02 Expected string, but found "}".`,
		`{1:2}`:                      `22P02 Expected string or "}", but found "1".`,
		`[1 2]`:                      `22P02 Expected "," or "]", but found "2".`,
		`{"a" 1}`:                    `22P02 Expected ":", but found "1".`,
		`{"a":1 "b"}`:                `22P02 Expected "," or "}", but found ""b"".`,
		`1 2`:                        `22P02 Expected end of input, but found "2".`,
		`[,1]`:                       `22P02 Expected JSON value, but found ",".`,
		`nul`:                        `22P02 Token "nul" is invalid.`,
		`01`:                         `22P02 Token "01" is invalid.`,
		"\"a\tb\"":                   `22P02 Character with value 0x09 must be escaped.`,
		`"\x"`:                       `22P02 Escape sequence "\x" is invalid.`,
		`"\u12G4"`:                   `22P02 "\u" must be followed by four hexadecimal digits.`,
		`"\u0000"`:                   `22P05 \u0000 cannot be converted to text.`,
		`"\ud83d"`:                   `22P02 Unicode low surrogate must follow a high surrogate.`,
		`"\ud83d\ud83d"`:             `22P02 Unicode high surrogate must not follow a high surrogate.`,
		strings.Repeat("[", 100_000): `54001 `,
	} {
		_, err := document.Canonical(text)
		e := fault.From(err)
		if err == nil || e.Code+" "+e.Detail != want {
			t.Errorf("%.20s: %s %s; want %s", text, e.Code, e.Detail, want)
		}
	}
}

// FuzzCanonical holds the parser against encoding/json: what one reads the other
// reads too, but for limits and lone surrogates, and the output means the same.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,null,true],"b":"x\u00e9"}`, `[`, `"\ud83d\ude00"`, ` 1 `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := document.Canonical(s)
		if err != nil {
			return
		}
		var ours, theirs any
		if json.Unmarshal([]byte(s), &theirs) != nil {
			if json.Valid([]byte(s)) {
				return // a number beyond float64
			}
			t.Fatalf("%q is not JSON but was read as %s", s, got)
		}
		if err := json.Unmarshal([]byte(got), &ours); err != nil || !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%q became %s (%v)", s, got, err)
		}
		if again, err := document.Canonical(got); err != nil || again != got {
			t.Fatalf("%s became %s (%v)", got, again, err)
		}
	})
}
