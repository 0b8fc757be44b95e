package content

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// checkRefusal holds an error to what a client may be told: a code and a
// message, and never an internal error.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	f := fault.From(err)
	if f.Code == "" || f.Code == fault.InternalError || f.Message == "" {
		t.Errorf("refused by %v", err)
	}
}

// FuzzJSON compares what is found in a body with what encoding/json finds.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x","a":null}`, `[{"a":1},{"a":2}]`, `[]`, `[1]`, `{}`, ` { "a" : [ 1 , {"b":"]"} ] } `,
		`{"a":"\ud800"}`, `{"a":"\u0000"}`, `{"\"":"\\"}`, `"text"`, `}{`, `[{"a":1},{"b":1}]`, `{"a":"\ud83d\ude00"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := ParseJSON(body)
		checkRefusal(t, err)
		if err != nil {
			return
		}
		var want any
		if err := unmarshal(body, &want); err != nil {
			t.Fatalf("%q is no JSON and is accepted", body)
		}
		rows, _ := want.([]any)
		if p.Single {
			rows = []any{want}
		}
		if p.Rows != len(rows) {
			t.Fatalf("%q: %d rows, want %d", body, p.Rows, len(rows))
		}
		if len(rows) > 0 {
			checkMembers(t, p.First, rows[0].(map[string]any))
		}
	})
}

// unmarshal keeps numbers as they are written: JSON has no largest one.
func unmarshal(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

func checkMembers(t *testing.T, members []Member, want map[string]any) {
	t.Helper()
	if len(members) != len(want) {
		t.Fatalf("%d members, want %d", len(members), len(want))
	}
	for _, m := range members {
		var value any
		if err := unmarshal(m.Value, &value); err != nil {
			t.Fatalf("%q: %q: %v", m.Key, m.Value, err)
		}
		if expected, ok := want[m.Key]; !ok || !reflect.DeepEqual(value, expected) {
			t.Fatalf("%q is %v, want %v", m.Key, value, expected)
		}
		text, err := Text(m.Value)
		checkRefusal(t, err)
		if s, isString := value.(string); isString && err == nil {
			if got, _ := text.Get(); got != s {
				t.Fatalf("%q becomes %q", m.Value, got)
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,NULL\n", "a,b\n1\n", "a\n\"x\ny\"\n", "", "\xff\n", "a,a\n1,2\n", "\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parseCSV(body)
		checkRefusal(t, err)
		if err == nil && !json.Valid(p.Raw) {
			t.Errorf("%q becomes %q", body, p.Raw)
		}
		if bytes.ContainsAny(body, "\r\x00\ufeff") || !utf8.Valid(body) {
			return
		}
		// Of all else the standard library says the same.
		rows, wrong := csv.NewReader(bytes.NewReader(body)).ReadAll()
		if (wrong == nil && len(rows) > 0) != (err == nil) {
			t.Errorf("%q: %v, the standard library says %v", body, err, wrong)
		} else if err == nil && p.Rows != len(rows)-1 {
			t.Errorf("%q: %d rows, not %d", body, p.Rows, len(rows)-1)
		}
	})
}

func FuzzForm(f *testing.F) {
	f.Add([]byte("a=1&b=x+y&a=2"))
	f.Add([]byte("%zz=1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parseForm(body)
		checkRefusal(t, err)
		if err == nil && !p.Single {
			t.Errorf("%q is not one object", body)
		}
	})
}
