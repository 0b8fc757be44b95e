package rest

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/schema"
)

// quotedText finds identifiers and literals of a statement, and what stands before
// them.
var quotedText = regexp.MustCompile(`(AS |->>?)?("(?:[^"]|"")*"|'(?:[^']|'')*')`)

// checkKnown fails unless each identifier of a statement is one of the schema, or
// the name of a result's column, and each literal a plain key of a JSON path: all
// else of a request is a parameter.
func checkKnown(t *testing.T, sql string, snap *schema.Snapshot) {
	t.Helper()
	known := map[string]bool{}
	for _, r := range snap.Relations {
		known[r.Schema], known[r.Name.Name] = true, true
		for _, c := range r.Columns {
			known[c.Name] = true
		}
	}
	for _, m := range quotedText.FindAllStringSubmatch(sql, -1) {
		before, text := m[1], m[2]
		switch {
		case text[0] == '\'':
			if !strings.HasPrefix(before, "->") || !plainKey.MatchString(before+text) {
				t.Fatalf("the literal %s in the text of a statement: %s", text, sql)
			}
		case before != "AS " && !known[strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)]:
			t.Fatalf("%s, which the schema does not know, in the text of a statement: %s", text, sql)
		}
	}
}

// FuzzWriteText lets anything be the query string and the body of a write.
func FuzzWriteText(f *testing.F) {
	for _, s := range [][2]string{{"", `{"title":"a","id":1}`}, {"columns=title,id", `[{"title":"a"},{"id":2}]`}, {"on_conflict=id", `[{"id":1}]`},
		{"select=a:id,title::text&id=eq.1", `{"data":{"a":[1,null]},"tags":["x","y"]}`}, {"", `{"x\"; drop table todos; --":1}`}, {"id=eq.1", `{}`}} {
		for method := range len(writeMethods) {
			f.Add(byte(method), s[0], s[1])
		}
	}
	f.Fuzz(func(t *testing.T, method byte, raw, body string) {
		db := newFake()
		db.rows = nil // their columns depend on the plan
		r := httptest.NewRequest(writeMethods[int(method)%len(writeMethods)], "/rest/v1/todos", strings.NewReader(body))
		r.URL.RawQuery = raw
		r.Header.Set("Prefer", "return=representation, resolution=merge-duplicates, missing=default")
		newTestAPI(db, nil).ServeHTTP(httptest.NewRecorder(), r)
		for _, st := range db.statements {
			checkKnown(t, st.SQL, db.snap)
		}
	})
}

var writeMethods = []string{"POST", "PATCH", "PUT", "DELETE"}
