package called_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/rest"
	"github.com/galleyhq/galley/internal/schema"
)

func argument(name, title, typeName string, optional bool) schema.Argument {
	return schema.Argument{Name: name, Type: title, TypeName: typeName, Optional: optional}
}

// functions are one that returns its arguments, one for a role, and some that do
// what they should not.
func functions(t *testing.T) *hooks.Functions {
	t.Helper()
	echo := func(_ context.Context, s database.Session, args json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"role":"` + s.Role + `","args":` + string(args) + `}`), nil
	}
	answer := func(text string) func(context.Context, database.Session, json.RawMessage) (json.RawMessage, error) {
		return func(context.Context, database.Session, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(text), nil
		}
	}
	named := func(name, volatility string, result schema.Result, args ...schema.Argument) schema.Function {
		return schema.Function{Name: schema.Name{Schema: "public", Name: name}, Volatility: volatility, Result: result, Args: args}
	}
	fs := hooks.NewFunctions()
	err := fs.Set("test", []hooks.Function{
		{Function: named("echo", "s", schema.Result{}, argument("a", "integer", "int4", false), argument("b", "text[]", "_text", true),
			argument("c", "jsonb", "jsonb", true), argument("d", "timestamp with time zone", "timestamptz", true)), Call: echo},
		{Function: named("change", "v", schema.Result{Void: true}), Call: answer("")},
		{Function: named("guarded", "s", schema.Result{}), Role: "authenticated", Call: echo},
		{Function: named("list", "s", schema.Result{Set: true}), Call: answer(` [{"x":1}, {"x":2}]`)},
		{Function: named("one", "s", schema.Result{Set: true}), Call: answer(`[{"x":1}]`)},
		{Function: named("liar", "s", schema.Result{Set: true}), Call: answer(`{}`)},
		{Function: named("broken", "s", schema.Result{}), Call: answer(`{`)},
		{Function: named("refuses", "s", schema.Result{}), Call: func(context.Context, database.Session, json.RawMessage) (json.RawMessage, error) {
			return nil, fault.New("P0001", "no").WithDetail("why").WithHint("how").WithStatus(409)
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

// TestCalls holds the answers to calls, on both engines: arguments are typed and
// refused by the database.
func TestCalls(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		c := rest.Config{DB: db, AnonRole: "anon", Functions: functions(t)}
		h, batch := rest.New(c), rest.NewResources(c, rest.ResourceConfig{DB: db, AnonRole: "anon"})
		for _, q := range []struct {
			role, method, target, body string
			status                     int
			part                       string
			headers                    []string
		}{
			{"anon", "POST", "/rest/v1/rpc/echo", `{"a":7,"b":["x","y"],"c":{"k":[1]}}`, 200, `{"role":"anon","args":{"a":7,"b":["x","y"],"c":{"k": [1]}}}`, nil},
			{"anon", "GET", "/rest/v1/rpc/echo?a=7&b=%7Bx,y%7D&d=2026-01-02", ``, 200, `{"role":"anon","args":{"a":7,"b":["x","y"],"d":"2026-01-02T00:00:00+00:00"}}`, nil},
			{"anon", "POST", "/rest/v1/rpc/echo", `{"a":"7","c":null}`, 200, `"args":{"a":7,"c":null}`, nil},
			{"anon", "POST", "/rest/v1/rpc/echo", `a=8&c=[1]`, 200, `"args":{"a":8,"c":[1]}`, []string{"Content-Type", "application/x-www-form-urlencoded"}},
			{"anon", "POST", "/rest/v1/rpc/echo", `{"a":"x"}`, 400, `"22P02"`, nil},
			{"anon", "POST", "/rest/v1/rpc/echo", `{"a":3000000000}`, 400, `"22003"`, nil},
			{"anon", "POST", "/rest/v1/rpc/echo", `{}`, 404, `"PGRST202"`, nil},
			{"anon", "POST", "/rest/v1/rpc/echo", `{"a":1,"z":1}`, 404, `Perhaps you meant to call the function public.echo(a, b, c, d)`, nil},
			{"anon", "POST", "/rest/v1/rpc/echo", `{`, 400, `"PGRST102"`, nil},
			{"anon", "POST", "/rest/v1/rpc/nosuch", `{}`, 404, `"PGRST202"`, nil},
			{"anon", "POST", "/rest/v1/rpc/change", ``, 204, ``, nil},
			{"anon", "GET", "/rest/v1/rpc/change", ``, 405, `"25006"`, nil},
			{"anon", "PUT", "/rest/v1/rpc/change", ``, 405, `"PGRST101"`, nil},
			{"anon", "OPTIONS", "/rest/v1/rpc/change", ``, 200, ``, nil},
			{"anon", "POST", "/rest/v1/rpc/guarded", ``, 403, `permission denied for function guarded`, nil},
			{"authenticated", "POST", "/rest/v1/rpc/guarded", ``, 200, `"role":"authenticated"`, nil},
			{"service_role", "POST", "/rest/v1/rpc/guarded", ``, 200, `"role":"service_role"`, nil},
			{"anon", "POST", "/rest/v1/rpc/list", ``, 200, `[{"x":1}, {"x":2}]`, nil},
			{"anon", "POST", "/rest/v1/rpc/list", ``, 406, `"PGRST116"`, []string{"Accept", "application/vnd.pgrst.object+json"}},
			{"anon", "POST", "/rest/v1/rpc/one", ``, 200, `{"x":1}`, []string{"Accept", "application/vnd.pgrst.object+json"}},
			{"anon", "POST", "/rest/v1/rpc/list", ``, 406, `"PGRST107"`, []string{"Accept", "text/csv"}},
			{"anon", "POST", "/rest/v1/rpc/list?order=x", ``, 400, `"0A000"`, nil},
			{"anon", "POST", "/rest/v1/rpc/list?x=eq.1", ``, 400, `"0A000"`, nil},
			{"anon", "POST", "/rest/v1/rpc/liar", ``, 500, `"39000"`, nil},
			{"anon", "POST", "/rest/v1/rpc/broken", ``, 500, `"39000"`, nil},
			{"anon", "POST", "/rest/v1/rpc/refuses", ``, 409, `{"code":"P0001","details":"why","hint":"how","message":"no"}`, nil},
			{"anon", "POST", "/api/batch", `{"requests":[{"method":"POST","path":"/rest/v1/rpc/echo","body":{"a":1}}]}`, 400, `cannot be called in a batch`, nil},
		} {
			r := httptest.NewRequest(q.method, q.target, strings.NewReader(q.body))
			for i := 0; i < len(q.headers); i += 2 {
				r.Header.Set(q.headers[i], q.headers[i+1])
			}
			w := httptest.NewRecorder()
			var handler http.Handler = h
			if strings.HasPrefix(q.target, "/api") {
				handler = batch
			}
			handler.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: q.role, Authenticated: true})))
			if w.Code != q.status || !strings.Contains(w.Body.String(), q.part) {
				t.Errorf("%s %s %s: %d %s\n want %d %s", q.method, q.target, q.body, w.Code, w.Body, q.status, q.part)
			}
		}
	})
}

// TestTypesOfArguments refuses what is no name of a type: it stands in statements.
func TestTypesOfArguments(t *testing.T) {
	for title, fine := range map[string]bool{"integer": true, "numeric(10,2)": true, "timestamp(3) with time zone": true, "text[]": true, "public.mood": true,
		"": false, "int) --": false, "int; drop table x": false, `"x`: false} {
		f := hooks.Function{Function: schema.Function{Name: schema.Name{Schema: "public", Name: "f"}, Args: []schema.Argument{argument("a", title, "x", false)}},
			Call: func(context.Context, database.Session, json.RawMessage) (json.RawMessage, error) { return nil, nil }}
		if err := hooks.NewFunctions().Set("test", []hooks.Function{f}); (err == nil) != fine {
			t.Errorf("%q: %v", title, err)
		}
	}
}
