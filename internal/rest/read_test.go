package rest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/httpapi"
)

func TestPlansAreSharedByShape(t *testing.T) {
	db := newFake()
	handler := newAPI(Config{DB: db, AnonRole: "anon"})
	h := httpapi.Handler(handler.serve)
	for i := range 10_000 {
		target := fmt.Sprintf("/todos?id=gt.%d&title=in.(a%d,b,c)&limit=%d&offset=%d", i, i, i+1, i+1)
		if w := ask(h, "GET", target, ""); w.Code != 200 {
			t.Fatal(w.Body)
		}
	}
	if n := handler.plans.Len(); n != 1 {
		t.Errorf("10,000 values made %d plans", n)
	}
	for _, st := range db.statements {
		if st.SQL != db.statements[0].SQL || len(st.Args) != 7 || !st.ReadOnly {
			t.Fatalf("%+v", st)
		}
	}
	for i, target := range []string{"/todos?id=lt.1", "/todos?id=gt.1", "/todos?title=gt.1", "/todos?select=id", "/todos?order=id", "/todos?id=not.gt.1"} {
		ask(h, "GET", target, "")
		if n := handler.plans.Len(); n != i+2 {
			t.Errorf("%s: %d plans", target, n)
		}
	}
}

// FuzzValuesAreBound lets any value stand where values stand: the text of the
// statement is the same for all of them, and the value is an argument.
func FuzzValuesAreBound(f *testing.F) {
	for _, s := range []string{"1", "'; DROP TABLE todos; --", `"`, `\`, "$1", "a,b", ")", "*", "NULL", "{1,2}", "é😀"} {
		f.Add(s)
	}
	const want = `SELECT row_to_json(t) FROM "public"."todos" AS t WHERE (t."title" = $1) AND (t."id" IN ($2)) AND ((t."title" <> $3))`
	f.Fuzz(func(t *testing.T, value string) {
		db := newFake()
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		q := "title=eq." + url.QueryEscape(value) + "&id=in.(" + url.QueryEscape(quoted) + ")&and=(title.neq." + url.QueryEscape(quoted) + ")"
		w := ask(newTestAPI(db, nil), "GET", "/todos?"+q, "")
		if w.Code == 400 && len(db.statements) == 0 {
			return // no text: NUL, or not UTF-8
		}
		st := db.last()
		if st.SQL != want {
			t.Fatalf("%q changes the text: %s", value, st.SQL)
		}
		for i, a := range st.Args {
			if got, _ := a.Get(); got != value {
				t.Fatalf("argument %d of %q is %q", i+1, value, got)
			}
		}
	})
}

// FuzzStatementText lets anything be the query string. Outside of quoted
// identifiers, and keys of a path that need no quoting, a statement has no character
// but those of our own words.
func FuzzStatementText(f *testing.F) {
	for _, s := range []string{"select=a:id,title::text&order=data->>x.desc", "data->a->>0=eq.5&or=(id.in.(1,2),done.is.true)", "limit=1&offset=5",
		`select=x"y:id`, `select=data->a'b`, "id=eq(any).{1}", `"id"=eq.1`, "select=*,id"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		db := newFake()
		r := httptest.NewRequest("GET", "/rest/v1/todos", nil)
		r.URL.RawQuery = raw
		newTestAPI(db, nil).ServeHTTP(httptest.NewRecorder(), r)
		if len(db.statements) == 0 {
			return
		}
		checkKnown(t, db.last().SQL, db.snap)
		sql, quoted := plainKey.ReplaceAllString(db.last().SQL, "->"), false
		for _, c := range sql {
			if c == '"' {
				quoted = !quoted
			}
			if !quoted && !strings.ContainsRune(`abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "_$().,*:<>=~!@&|-[]`, c) {
				t.Fatalf("%q in the text of a statement: %s", c, sql)
			}
		}
		if quoted || strings.Contains(sql, "--") || strings.Contains(sql, "/*") {
			t.Fatalf("the text of a statement is broken: %s", sql)
		}
	})
}

var plainKey = regexp.MustCompile(`->>?'[A-Za-z0-9_]{1,63}'`)

func TestReadAnswers(t *testing.T) {
	for _, c := range []struct {
		name, target  string
		headers       []string
		rows          [][]string
		status        int
		rangeIs, body string
	}{
		{"rows", "/todos", nil, [][]string{{`{"id":1}`}, {`{"id":2}`}}, 200, "0-1/*", `[{"id":1},{"id":2}]`},
		{"no rows", "/todos", nil, nil, 200, "*/*", `[]`},
		{"a counted page", "/todos?limit=2", []string{"Prefer", "count=exact"}, [][]string{{"5", `{"id":1}`}, {"5", `{"id":2}`}}, 206, "0-1/5", `[{"id":1},{"id":2}]`},
		{"counted, none", "/todos", []string{"Prefer", "count=exact"}, nil, 200, "*/0", `[]`},
		{"counted, from 3", "/todos?offset=3", []string{"Prefer", "count=exact"}, [][]string{{"4", "t", `{"id":4}`}}, 206, "3-3/4", `[{"id":4}]`},
		{"counted, beyond", "/todos?offset=9", []string{"Prefer", "count=exact"}, [][]string{{"4", "\x00", "\x00"}}, 416, "*/4",
			`{"code":"PGRST103","details":"An offset of 9 was requested, but there are only 4 rows.","hint":null,"message":"Requested range not satisfiable"}`},
		{"limit 0, counted", "/todos?limit=0", []string{"Prefer", "count=exact"}, [][]string{{"4"}}, 206, "*/4", `[]`},
		{"one object", "/todos", []string{"Accept", "application/vnd.pgrst.object+json"}, [][]string{{`{"id":1}`}}, 200, "0-0/*", `{"id":1}`},
		{"not one object", "/todos", []string{"Accept", "application/vnd.pgrst.object+json"}, [][]string{{`{"id":1}`}, {`{"id":2}`}, {`{"id":3}`}}, 406, "",
			`{"code":"PGRST116","details":"The result contains 3 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}`},
		{"CSV", "/todos?select=id,title", []string{"Accept", "text/csv"}, [][]string{{"1", `a,"b\c`}, {"2", "\x00"}, {"3", ""}}, 200, "0-2/*", "id,title\n1,\"a,\"\"b\\\\c\"\n2,\n3,\"\""},
		{"CSV without rows", "/todos", []string{"Accept", "text/csv"}, nil, 200, "*/*", "\n"},
	} {
		db := newFake()
		db.rows = c.rows
		w := ask(newTestAPI(db, nil), "GET", c.target, "", c.headers...)
		if w.Code != c.status || w.Header().Get("Content-Range") != c.rangeIs || w.Body.String() != c.body {
			t.Errorf("%s: %d %q %s, want %d %q %s", c.name, w.Code, w.Header().Get("Content-Range"), w.Body, c.status, c.rangeIs, c.body)
		}
	}
}

func TestHead(t *testing.T) {
	db := newFake()
	db.rows = [][]string{{"7"}}
	w := ask(newTestAPI(db, nil), "HEAD", "/todos?offset=2&limit=3", "", "Prefer", "count=exact")
	if w.Code != 206 || w.Header().Get("Content-Range") != "2-4/7" || w.Body.Len() != 0 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if sql := db.last().SQL; strings.Contains(sql, "LIMIT") || strings.Contains(sql, "row_to_json") {
		t.Errorf("a count reads rows: %s", sql)
	}
}

func TestEarlyErrorKeepsItsStatus(t *testing.T) {
	db := newFake()
	db.more, db.fail = 1000, errLate
	if w := ask(newTestAPI(db, nil), "GET", "/todos", ""); w.Code != 400 || !strings.Contains(w.Body.String(), "22012") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestLongAnswersStream(t *testing.T) {
	db := newFake()
	db.more = 500_000
	s := httptest.NewServer(newTestAPI(db, nil))
	defer s.Close()
	resp, err := http.Get(s.URL + "/rest/v1/todos")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if want := 500_000*len(`{"id":1},`) + 1; err != nil || len(body) != want || resp.ContentLength != -1 {
		t.Errorf("%d bytes, want %d, length %d, %v", len(body), want, resp.ContentLength, err)
	}
	if got := resp.Header.Get("Content-Range"); got != "" {
		t.Errorf("Content-Range %q before the last row is known", got)
	}
}

func TestLateErrorAbortsTheConnection(t *testing.T) {
	db := newFake()
	db.more, db.fail = 500_000, errLate
	s := httptest.NewServer(newTestAPI(db, nil))
	defer s.Close()
	resp, err := http.Get(s.URL + "/rest/v1/todos")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the client takes a broken answer for complete")
	}
}
