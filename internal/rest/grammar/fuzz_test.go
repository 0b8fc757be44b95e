package grammar

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
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

func FuzzSelect(f *testing.F) {
	for _, s := range []string{"*", "id,title", "myId:id::text", "data->a->>0::int", "a,b(c,d!inner(*)),...e(f)", `"quoted ""name"`,
		"data->>--34", "data->(x", "id.sum()", "count()", "x:count()", "", " id , b "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n query.Node
		err := ParseSelect(&n, text)
		checkRefusal(t, err)
		for _, it := range n.Select {
			if err == nil && !it.Star && it.Field.Column == "" && it.Aggregate != query.Count {
				t.Errorf("%q selects a column without a name", text)
			}
		}
	})
}

func FuzzAfter(f *testing.F) {
	for _, s := range []string{"[]", "[1]", `["a",null]`, `["\u0000",1]`, "[1.50,true]", "[1]]", "[[1]]", `["\ud800",1e999]`, "[", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for n := range 3 {
			values, err := ParseAfter(text, n)
			checkRefusal(t, err)
			if err == nil && len(values) != n {
				t.Errorf("%q has %d values, not %d", text, len(values), n)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"eq.5", "not.eq.5", `in.(1,"2,3",4)`, "in.()", "is.null", "is.NoT_NuLl", "like.*a*", "eq(any).{1,2}",
		"fts(english).x", "0", "not.", `in.("a\"b")`, `in.(")`, "isdistinct.2", "cs.{1}", "eq."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseFilter(query.Field{Column: "c"}, text)
		checkRefusal(t, err)
		if err == nil && c.Op == query.Eq && c.Quantifier == query.Single && !strings.HasSuffix(text, c.Value) {
			t.Errorf("%q compares with %q", text, c.Value)
		}
	})
}

func FuzzLogic(f *testing.F) {
	for _, s := range []string{"(id.eq.1,id.eq.2)", "(and(a.eq.1,b.not.is.null),not.or(c.in.(1,2)))", "()", "(a.eq.1", `(a.like."*x,y*",arr.cs.{1,2})`,
		"( id.eq.1 , or ( a.gt.2 ) )", "(data->a->>b.eq.c)", "(and_col.eq.1)", strings.Repeat("(and", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseLogic(query.And, false, text)
		checkRefusal(t, err)
		if err == nil && len(c.Terms) == 0 {
			t.Errorf("%q has no terms and is accepted", text)
		}
	})
}

func FuzzOrder(f *testing.F) {
	for _, s := range []string{"id", "id.asc", "a.desc.nullslast,b", "data->a->>b.nullsfirst", "id.asc.nullslasttt", "id.", "rel(id).desc", `"a,b".desc`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, err := ParseOrder(text)
		checkRefusal(t, err)
		if err == nil && len(out) == 0 {
			t.Errorf("%q orders by nothing and is accepted", text)
		}
	})
}

func FuzzParams(f *testing.F) {
	for _, s := range []string{"id=eq.1&select=id", "or=(a.eq.1,b.eq.2)&not.and=(c.is.null)", "a.b.order=x&child.or=(a.eq.1)", "limit=5&offset=-1",
		"x=%zz%41+", "columns=a,b&on_conflict=id", "apikey=secret", "=&&=", "a%00=eq.1", `"a.b"=eq.1`, "data->>x=eq.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var p Params
		err := ParseParams(&p, raw)
		checkRefusal(t, err)
		if err == nil && !utf8.ValidString(p.Canonical()) {
			t.Errorf("%q: canonical form is no text", raw)
		}
		for part := range strings.SplitSeq(p.Canonical(), "&") {
			if strings.HasPrefix(part, "apikey=") {
				t.Errorf("%q: an API key is shown", raw)
			}
		}
	})
}

func FuzzPrefer(f *testing.F) {
	for _, s := range []string{"return=representation", "return=minimal, count=exact", "handling=strict, x", "tx=commit,tx=rollback", "max-affected=-1", ",,=", "timezone="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePrefer([]string{text})
		checkRefusal(t, err)
		if p.MaxAffected < -1 {
			t.Errorf("%q: max-affected %d", text, p.MaxAffected)
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add(int64(3), int64(2), "0-1", int64(0))
	f.Add(int64(-1), int64(0), "", int64(10))
	f.Add(int64(1<<62), int64(1<<62), "9223372036854775807-", int64(5))
	f.Add(int64(5), int64(5), "3-2", int64(0))
	f.Fuzz(func(t *testing.T, limit, offset int64, header string, maxRows int64) {
		p, err := NewPage(&limit, &offset, header, maxRows)
		checkRefusal(t, err)
		if err == nil && (p.Offset < 0 || p.Limit < -1 || maxRows > 0 && (p.Limit < 0 || p.Limit > maxRows)) {
			t.Errorf("limit %d offset %d range %q max %d: %+v", limit, offset, header, maxRows, p)
		}
	})
}

func FuzzAccept(f *testing.F) {
	for _, s := range []string{"", "*/*", "text/csv;q=0.5, application/json", "application/vnd.pgrst.object+json;nulls=stripped", "text/unknown", ";;q=x,,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseAccept(text)
		checkRefusal(t, err)
		if err == nil && m.ContentType() == "" {
			t.Errorf("%q: no content type", text)
		}
	})
}

func FuzzColumns(f *testing.F) {
	for _, s := range []string{"id,title", `"a,b", id`, "", ",", "id,id", `"x""y"`, "id title", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, err := ParseColumns(text)
		checkRefusal(t, err)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, name := range names {
			if name == "" || seen[name] {
				t.Errorf("%q: columns %q", text, names)
			}
			seen[name] = true
		}
	})
}
