package grammar

import (
	"reflect"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

// Errors are PostgREST's, to the letter; most of these stand in its own
// specification.
func TestParseErrors(t *testing.T) {
	selects := func(s string) error { return ParseSelect(&query.Node{}, s) }
	filters := func(s string) error { _, err := ParseFilter(query.Field{Column: "c"}, s); return err }
	orders := func(s string) error { _, err := ParseOrder(s); return err }
	logic := func(s string) error { _, err := ParseLogic(query.Or, false, s); return err }
	columns := func(s string) error { _, err := ParseColumns(s); return err }
	for _, c := range []struct {
		parse                 func(string) error
		text, message, detail string
	}{
		{selects, "data->>--34", `"failed to parse select parameter (data->>--34)" (line 1, column 9)`, `unexpected "-" expecting digit`},
		{selects, "data->(x)", `"failed to parse select parameter (data->(x))" (line 1, column 7)`, `unexpected "(" expecting "-", digit or any non reserved character different from: .,>()`},
		{filters, "0", `"failed to parse filter (0)" (line 1, column 1)`, `unexpected "0" expecting "not" or operator (eq, gt, ...)`},
		{filters, "not.0", `"failed to parse filter (not.0)" (line 1, column 5)`, `unexpected "0" expecting operator (eq, gt, ...)`},
		{filters, "is.nil", `"failed to parse filter (is.nil)" (line 1, column 4)`, `unexpected "n" expecting isVal: (null, not_null, true, false, unknown)`},
		{orders, "id.asc.nullslasttt", `"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)`, `unexpected 't' expecting "," or end of input`},
		{logic, "()", `"failed to parse logic tree (())" (line 1, column 4)`, `unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)`},
		{columns, "", `"failed to parse columns parameter ()" (line 1, column 1)`, `unexpected end of input expecting field name (* or [a..z0..9_$])`},
	} {
		f := fault.From(c.parse(c.text))
		if f.Code != "PGRST100" || f.Message != c.message || f.Detail != c.detail {
			t.Errorf("%q:\n got %s | %s\nwant %s | %s", c.text, f.Message, f.Detail, c.message, c.detail)
		}
	}
}

func TestParseFilter(t *testing.T) {
	column := query.Field{Column: "c"}
	for text, want := range map[string]query.Cond{
		"eq.a.b":              {Op: query.Eq, Value: "a.b"},
		"eq.":                 {Op: query.Eq},
		"not.eq.5":            {Not: true, Op: query.Eq, Value: "5"},
		"like.*a*":            {Op: query.Like, Value: "%a%"},
		"match.a*":            {Op: query.Match, Value: "a*"},
		"is.NULL":             {Op: query.IsNull},
		"not.is.not_null":     {Not: true, Op: query.IsNotNull},
		"in.(1,2,3)":          {Op: query.In, Values: []string{"1", "2", "3"}},
		"in.()":               {Op: query.In},
		`in.("")`:             {Op: query.In, Values: []string{""}},
		`in.("a,b","c\"d\\")`: {Op: query.In, Values: []string{"a,b", `c"d\`}},
		`in.(")`:              {Op: query.In, Values: []string{`"`}},
		`in.(a"b"c)`:          {Op: query.In, Values: []string{`a"b"c`}},
		"eq(any).{1,2}":       {Op: query.Eq, Quantifier: query.Any, Value: "{1,2}"},
		"like(all).{*a,b*}":   {Op: query.Like, Quantifier: query.All, Value: "{%a,b%}"},
		"cs.{1}":              {Op: query.Contains, Value: "{1}"},
		"isdistinct.x":        {Op: query.IsDistinct, Value: "x"},
	} {
		want.Field = column
		if got, err := ParseFilter(column, text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"eq", "neq(any).1", "eq(some).1", "EQ.1", "not.not.eq.1", "in.1", "in.(1", "is.nullx"} {
		if _, err := ParseFilter(column, text); fault.Code(err) != "PGRST100" {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := ParseFilter(column, "fts(english).x"); fault.Code(err) != fault.FeatureNotSupported {
		t.Errorf("full-text search: %v", err)
	}
}

func TestParseSelect(t *testing.T) {
	path := func(steps ...query.Step) query.Field { return query.Field{Column: "data", Path: steps} }
	for text, want := range map[string]query.Node{
		"":                  {},
		"*":                 {},
		"id":                {Select: []query.Item{{Field: query.Field{Column: "id"}}}},
		"x:id::text, *":     {Select: []query.Item{{Alias: "x", Field: query.Field{Column: "id"}, Cast: "text"}, {Star: true}}},
		"field-with_sep":    {Select: []query.Item{{Field: query.Field{Column: "field-with_sep"}}}},
		"Just A Model":      {Select: []query.Item{{Field: query.Field{Column: "Just A Model"}}}},
		`"a.b,c"`:           {Select: []query.Item{{Field: query.Field{Column: "a.b,c"}}}},
		"data->0->>b":       {Select: []query.Item{{Field: path(query.Step{Key: "0", Index: true}, query.Step{Key: "b", Text: true})}}},
		"data->>-1::int":    {Select: []query.Item{{Field: path(query.Step{Key: "-1", Index: true, Text: true}), Cast: "int"}}},
		"data->!@#$%^&*_d":  {Select: []query.Item{{Field: path(query.Step{Key: "!@#$%^&*_d"})}}},
		"data->0a":          {Select: []query.Item{{Field: path(query.Step{Key: "0a"})}}},
		"a:clients!fk(id)":  {Children: []*query.Child{{Alias: "a", Hint: "fk", Node: query.Node{Name: "clients", Select: []query.Item{{Field: query.Field{Column: "id"}}}}}}},
		"clients!inner()":   {Children: []*query.Child{{Join: query.InnerJoin, Node: query.Node{Name: "clients", Nothing: true}}}},
		"...a:clients(*)":   {Children: []*query.Child{{Alias: "a", Spread: true, Node: query.Node{Name: "clients"}}}},
		"timestamp::time,b": {Select: []query.Item{{Field: query.Field{Column: "timestamp"}, Cast: "time"}, {Field: query.Field{Column: "b"}}}},
	} {
		var got query.Node
		if err := ParseSelect(&got, text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v %v, want %+v", text, got, err, want)
		}
	}
}

func TestParseParams(t *testing.T) {
	var p Params
	raw := "b=eq.1&select=id&a=eq.%F0%9F%98%80+x&limit=5&offset=2&order=id&not.or=(a.eq.1)&child.order=x&deep.er.id=eq.1&apikey=k&x_y=eq.%zz"
	if err := ParseParams(&p, raw); err != nil {
		t.Fatal(err)
	}
	if *p.Limit != 5 || *p.Offset != 2 || p.Select != "id" || p.Order != "id" {
		t.Errorf("%+v", p)
	}
	if len(p.Where) != 4 || p.Where[1].Value != "😀 x" || !p.Where[2].Not || p.Where[3].Value != "%zz" {
		t.Errorf("conditions %+v", p.Where)
	}
	if len(p.Embedded) != 2 || p.At("child").Order != "x" || p.At("deep.er").Where[0].Value != "1" {
		t.Errorf("embedded %+v", p.Embedded)
	}
	if err := ParseParams(&p, "b=eq.1&a=eq.x y"); err != nil || p.Canonical() != "a=eq.x%20y&b=eq.1" || p.Limit != nil {
		t.Errorf("%v %q", err, p.Canonical())
	}
	if err := ParseParams(&p, "a=eq.%00"); fault.Code(err) != fault.CharacterNotInRepertoire {
		t.Errorf("NUL: %v", err)
	}
}

func TestNewPage(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		limit, offset *int64
		header        string
		maxRows       int64
		want          Page
		code          string
	}{
		{nil, nil, "", 0, Page{0, -1}, ""},
		{n(3), nil, "0-1", 0, Page{0, 2}, ""},
		{n(1), nil, "0-9", 0, Page{0, 1}, ""},
		{nil, nil, "5-", 0, Page{5, -1}, ""},
		{nil, nil, "5-", 10, Page{5, 10}, ""},
		{n(0), nil, "1-0", 0, Page{0, 0}, ""},
		{n(100), n(7), "", 10, Page{7, 10}, ""},
		{nil, nil, "junk", 0, Page{0, -1}, ""},
		{nil, nil, "1-0", 0, Page{}, "PGRST103"},
		{n(-1), nil, "", 0, Page{}, "PGRST103"},
		{n(2), nil, "5-9", 0, Page{}, "PGRST103"},
		{nil, n(-1), "", 0, Page{}, "2201X"},
	} {
		got, err := NewPage(c.limit, c.offset, c.header, c.maxRows)
		if fault.Code(err) != c.code || err == nil && got != c.want {
			t.Errorf("%+v: %+v %v", c, got, err)
		}
	}
}

func TestParseAccept(t *testing.T) {
	for header, want := range map[string]Media{
		"":                                      {},
		"text/unknown, */*":                     {},
		"text/csv, application/json":            {CSV: true},
		"text/csv;q=0.1, application/json;q=.5": {},
		"application/vnd.pgrst.object":          {Singular: true},
		"application/vnd.pgrst.object+json;nulls=stripped":                {Singular: true, Stripped: true},
		"application/vnd.pgrst.array+json; charset=utf-8; nulls=stripped": {Array: true, Stripped: true},
	} {
		if got, err := ParseAccept(header); err != nil || got != want {
			t.Errorf("%q: %+v %v", header, got, err)
		}
	}
	if _, err := ParseAccept("text/unknowntype"); fault.Status(fault.From(err), false) != 406 {
		t.Errorf("unknown: %v", err)
	}
}
