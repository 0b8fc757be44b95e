package batch

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if f := fault.From(err); err != nil && (f.Code == "" || f.Code == fault.InternalError) {
		t.Errorf("%v", err)
	}
}

// FuzzBody reads the body of a batch.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{"requests":[{"id":"a","method":"post","path":"/api/x","body":{"b":1}},{"path":"/rest/v1/x?id=eq.{a.id}"}]}`,
		`{"requests":[]}`, `{"requests":[{"path":"/api/batch"}]}`, `{"requests":[{"id":"a.b","path":"/api/x"}]}`, `{"other":1}`, `[`,
		`{"requests":[{"id":"a","path":"/api/x"},{"id":"a","path":"/api/x"}]}`, `{"requests":[{"path":"/other"}]}`, `null`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		list, err := read(httptest.NewRequest("POST", "/api/batch", strings.NewReader(body)))
		checkRefusal(t, err)
		if err == nil && (len(list) == 0 || len(list) > maxRequests) {
			t.Errorf("%d requests are accepted", len(list))
		}
		for _, q := range list {
			if !strings.HasPrefix(q.Path, "/rest/v1/") && !strings.HasPrefix(q.Path, "/api/") {
				t.Errorf("the path %q is accepted", q.Path)
			}
		}
	})
}

// FuzzReference puts results into paths and bodies. What comes from a result must
// not become syntax: neither of a path nor of JSON.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"a.id", "a", "a.list.0", "a.list.9", "a.list.-1", "b.id", "a.id.x", "a..", "", "{a.id}", `"`, "a.text"} {
		f.Add(s, "x&y=1/../?#")
	}
	f.Fuzz(func(t *testing.T, reference, text string) {
		results := map[string]any{"a": map[string]any{"id": json.Number("7"), "list": []any{"x", nil, true}, "text": text}}
		_, err := expandPath("/api/x?id=eq.{"+reference+"}", results)
		checkRefusal(t, err)
		if got, err := expandPath("/api/x?id=eq.{a.text}", results); err != nil || strings.ContainsAny(got[len("/api/x?id=eq."):], "&/?#= ") {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
		body, err := json.Marshal(map[string]any{"v": []any{map[string]any{"$ref": reference}, text}})
		if err != nil {
			t.Skip(err)
		}
		out, err := expandBody(body, results)
		checkRefusal(t, err)
		if err == nil && !json.Valid(out) {
			t.Errorf("%q becomes %q", body, out)
		}
	})
}
