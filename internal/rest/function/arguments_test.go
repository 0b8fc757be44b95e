package function

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// FuzzArguments lets anything be the body of a call: it is refused with a code, or
// becomes arguments that a function takes, each with one value.
func FuzzArguments(f *testing.F) {
	types := []string{"", "application/json", "application/x-www-form-urlencoded", "text/plain", "text/xml; charset=utf-8", "Application/Octet-Stream", "text/csv"}
	for _, s := range [][2]string{{`{"a":1,"b":[1,{"x":null}],"a":"\u00e9"}`, ""}, {`[{"a":"x"},{"b":2}]`, "columns=a,b"}, {`[]`, ""}, {`{}`, "columns=a"}, {"", ""},
		{" null ", ""}, {`{"a":"\u0000"}`, ""}, {`{"a":"\ud800"}`, ""}, {"{\"a\":\"\xff\"}", ""}, {"a=1&b=x+y&a=2&=3&%zz=eq.1", ""}, {`{"list":["x"],"":1}`, "columns="}, {"<a>\x00</a>", ""}} {
		for _, contentType := range types {
			f.Add(contentType, []byte(s[0]), s[1])
		}
	}
	functions := argumentFunctions()
	f.Fuzz(func(t *testing.T, contentType string, body []byte, raw string) {
		var p grammar.Params
		if grammar.ParseParams(&p, raw) != nil {
			return
		}
		args, err := Parse(&p, contentType, body)
		if err != nil {
			checkCode(t, err)
			return
		}
		checkArguments(t, args)
		for _, f := range functions {
			if !takes(f, args.names) && !args.fillsBody(f) {
				continue
			}
			if given, values, err := args.Bind(f); err != nil {
				checkCode(t, err)
			} else if len(values) != len(given) || len(given) > len(f.Args) {
				t.Errorf("%s: %d values for %d of %d arguments", f.Name.Name, len(values), len(given), len(f.Args))
			}
		}
	})
}

// argumentFunctions are functions that a body may be for.
func argumentFunctions() (out []*schema.Function) {
	for _, args := range [][]schema.Argument{
		{{Type: "json", TypeName: "json"}}, {{Type: "text", TypeName: "text"}}, {{Type: "bytea", TypeName: "bytea"}}, {},
		{{Name: "a", Type: "integer", TypeName: "int4", Optional: true}, {Name: "b", Type: "text[]", TypeName: "_text", Optional: true}},
		{{Name: "list", Type: "text[]", TypeName: "_text", Variadic: true, Optional: true}, {Name: "a", Type: "jsonb", TypeName: "jsonb", Optional: true}},
	} {
		out = append(out, &schema.Function{Name: schema.Name{Schema: "public", Name: "f"}, Args: args})
	}
	return out
}

func checkCode(t *testing.T, err error) {
	t.Helper()
	if e := fault.From(err); e.Code == "" || e.Code == fault.InternalError || e.Message == "" {
		t.Errorf("refused by %v", err)
	}
}

// checkArguments holds each argument to one name and one value.
func checkArguments(t *testing.T, args *Arguments) {
	t.Helper()
	for i, name := range args.names {
		text, isJSON := args.json[name]
		if _, isText := args.texts[name]; isText == isJSON || slices.Contains(args.names[:i], name) {
			t.Errorf("the argument %q has no value or stands twice", name)
		}
		if isJSON && !json.Valid(text) {
			t.Errorf("the argument %q is %q", name, text)
		}
	}
	if strings.Contains(args.media, ";") || args.media == jsonType && len(strings.TrimSpace(string(args.raw))) > 0 && !json.Valid(args.raw) {
		t.Errorf("a body of %q: %q", args.media, args.raw)
	}
}
