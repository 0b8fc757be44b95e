package openapi_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/openapi"
	"github.com/galleyhq/galley/internal/schema"
)

// TestOwnFunctions lists the functions of the program for those who may call them, as
// they are at the moment.
func TestOwnFunctions(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		fs := hooks.NewFunctions()
		set := func(names ...string) {
			var list []hooks.Function
			for _, name := range names {
				name, role, _ := strings.Cut(name, "@")
				list = append(list, hooks.Function{Role: role, Function: schema.Function{Name: schema.Name{Schema: "public", Name: name}, Volatility: "s",
					Args: []schema.Argument{{Name: "n", Type: "integer", TypeName: "int4"}}, Result: schema.Result{Type: "text", TypeName: "text"}},
					Call: func(context.Context, database.Session, json.RawMessage) (json.RawMessage, error) { return nil, nil }})
			}
			if err := fs.Set("test", list); err != nil {
				t.Fatal(err)
			}
		}
		h := openapi.New(openapi.Config{DB: db, AnonRole: "anon", Functions: fs})
		paths := func(role string) string {
			r := httptest.NewRequest("GET", "/openapi.json", nil)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: role})))
			var doc struct{ Paths map[string]map[string]any }
			if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			var out []string
			for _, name := range []string{"a", "b"} {
				if p := doc.Paths["/rest/v1/rpc/"+name]; p != nil && p["get"] != nil && p["post"] != nil {
					out = append(out, name)
				}
			}
			return strings.Join(out, ",")
		}
		for _, c := range []struct {
			set                   []string
			anon, user, everybody string
		}{
			{nil, "", "", ""},
			{[]string{"a"}, "a", "a", "a"},
			{[]string{"a", "b@authenticated"}, "a", "a,b", "a,b"},
			{[]string{"b"}, "b", "b", "b"},
		} {
			set(c.set...)
			if anon, user, all := paths("anon"), paths("authenticated"), paths("service_role"); anon != c.anon || user != c.user || all != c.everybody {
				t.Errorf("%q: %q, %q and %q see them", c.set, anon, user, all)
			}
		}
	})
}
