package document_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// FuzzMergePatch holds MergePatch against the pseudocode of RFC 7396, 2, over Go's
// own values, and looks at what it may not do: change what it was given.
func FuzzMergePatch(f *testing.F) {
	for _, c := range [][2]string{{`{"a":"b"}`, `{"a":null}`}, {`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`}, {`[1]`, `{"a":{"b":null}}`},
		{`null`, `[null]`}, {`{"é":1,"zz":{"y":[]}}`, `{"zz":{"y":{"x":1}},"a":2}`}, {`{"a":1,"a":2}`, `{"a":{},"a":null}`}} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		target, errA := document.ParseBinary(a)
		patch, errB := document.ParseBinary(b)
		if errA != nil || errB != nil || !utf8.ValidString(a+b) { // text of the database is UTF-8
			return
		}
		before, patched := string(target.Append(nil)), string(patch.Append(nil))
		got := string(document.MergePatch(target, patch).Append(nil))
		if string(target.Append(nil)) != before || string(patch.Append(nil)) != patched {
			t.Fatal("the arguments were changed")
		}
		if canonical, err := document.Canonical(got); err != nil || canonical != got {
			t.Fatalf("%s is not canonical: %s %v", got, canonical, err)
		}
		want, err := json.Marshal(reference(decode(t, before), decode(t, patched)))
		if err != nil {
			t.Fatal(err)
		}
		if canonical, err := document.Canonical(string(want)); err != nil || canonical != got {
			t.Fatalf("%s patched by %s: %s, want %s (%v)", before, patched, got, canonical, err)
		}
	})
}

func reference(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	old, _ := target.(map[string]any)
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = reference(merged[name], value)
		}
	}
	return merged
}

func decode(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
