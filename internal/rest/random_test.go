package rest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// generator makes random requests out of the parts of the grammar.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) field() string {
	return g.pick("id", "title", "done", "data", "tags", "at", "data->a", "data->>a", "data->0->>b", "tags->0", `"t"`, "t")
}

func (g generator) value() string {
	return g.pick("1", "x", "", "true", "null", "*a*", "{1,2}", `{"a":1}`, "2020-01-01", "9999999999999999999", "é'\"\\")
}

func (g generator) comparison() string {
	not := g.pick("", "", "not.")
	switch g.IntN(4) {
	case 0:
		return not + "is." + g.pick("null", "not_null", "true", "false", "unknown")
	case 1:
		return not + "in.(" + g.pick("", "1", "1,2,3", `"a,b",c`, "1,2,3,4,5,6,7,8,9") + ")"
	}
	op := g.pick("eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "isdistinct", "cs", "cd", "ov", "sl", "adj", "eq(any)", "like(all)")
	return not + op + "." + g.value()
}

func (g generator) tree(depth int) string {
	var terms []string
	for range 1 + g.IntN(3) {
		if depth > 0 && g.IntN(3) == 0 {
			terms = append(terms, g.pick("", "not.")+g.pick("and", "or")+g.tree(depth-1))
			continue
		}
		terms = append(terms, g.field()+"."+g.pick("eq.1", "is.null", "not.in.(1,2)", `like."*x,y*"`, "gt.a"))
	}
	return "(" + strings.Join(terms, ",") + ")"
}

func (g generator) query() string {
	v := url.Values{}
	add := func(chance int, key, value string) {
		if g.IntN(chance) == 0 {
			v.Add(key, value)
		}
	}
	items := []string{"*", "id", "x:title", "data->a", "y:data->>a::int", "at::date", `"t"`, "t", "id::text", "_q:id", "done::int4"}
	g.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	add(2, "select", strings.Join(items[:1+g.IntN(4)], ","))
	add(2, g.field(), g.comparison())
	add(3, g.field(), g.comparison())
	add(3, g.pick("or", "and", "not.or"), g.tree(2))
	add(2, "order", g.field()+g.pick("", ".asc", ".desc", ".nullsfirst", ".desc.nullslast")+g.pick("", ",id"))
	add(3, "limit", fmt.Sprint(g.IntN(3)))
	add(3, "offset", fmt.Sprint(g.IntN(3)))
	return v.Encode()
}

func (g generator) body() string {
	member := func() string {
		key := g.pick("id", "title", "done", "data", "tags", "at", "t")
		return `"` + key + `":` + g.pick("null", "1", `"x"`, "true", `{"a":[1]}`, `["a","b"]`, `"{a}"`)
	}
	object := "{" + member() + "," + member() + "}"
	return g.pick(object, "{}", "[]", "["+object+"]", "["+object+","+object+"]", "[{},{}]")
}

// TestEveryStatementIsValid sends random requests to PostgreSQL. It may refuse
// what they ask, but a statement of ours is never malformed.
func TestEveryStatementIsValid(t *testing.T) {
	h, _ := onPostgres(t, `create table things (id bigint, title text, done boolean, data jsonb, tags text[], at timestamptz, t integer, _q integer);
		insert into things select g, 'title '||g, g%2=0, jsonb_build_object('a', g), array['x'], now(), g, g from generate_series(1, 5) g`)
	g := generator{rand.New(rand.NewPCG(1, 2))}
	answered := 0
	const n = 3000
	for range n {
		method := g.pick("GET", "GET", "GET", "HEAD", "POST", "PATCH", "DELETE")
		body := ""
		if method == "POST" || method == "PATCH" {
			body = g.body()
		}
		target := "/things?" + g.query()
		prefer := "tx=rollback, " + g.pick("return=representation", "return=minimal", "return=headers-only", "count=exact", "count=exact, return=representation", "missing=default")
		accept := g.pick("*/*", "*/*", "text/csv", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped")
		w := ask(h, method, target, body, "Prefer", prefer, "Accept", accept)
		var e struct{ Code, Message string }
		switch {
		case w.Code < 300:
			answered++
			if !strings.Contains(accept, "csv") && w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s: no JSON: %s", method, target, w.Body)
			}
		case json.Unmarshal(w.Body.Bytes(), &e) == nil:
			switch e.Code {
			case "42601", "42P02", "42P18", "08P01", "42702", "42712", "XX000", "PGRST100":
				t.Errorf("%s %s %s %s %s: %s %s", method, target, body, prefer, accept, e.Code, e.Message)
			}
		}
	}
	if answered < n/4 {
		t.Errorf("only %d of %d requests were answered: the test says little", answered, n)
	}
	t.Logf("%d of %d requests answered", answered, n)
}
