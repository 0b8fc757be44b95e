package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestUpsert writes rows some of which exist. No engine refuses any of it.
func TestUpsert(t *testing.T) {
	const setup = `create table t (id integer primary key, name text not null default 'd', n integer unique); create table parts (t integer references t, x text);
		insert into t values (1, 'one', 10), (2, 'two', 20); insert into parts values (1, 'p')`
	onEngines(t, setup, func(t *testing.T, h http.Handler, _ database.DB) {
		for _, c := range []struct {
			method, target, body, prefer string
			status                       int
			want                         string
		}{
			{"POST", "/t", `[{"id":1,"name":"x"},{"id":3,"name":"y"}]`, "resolution=merge-duplicates", 201, `[{"id":1,"name":"x","n":10},{"id":3,"name":"y","n":null}]`},
			{"POST", "/t", `{"id":1,"name":"x"}`, "resolution=merge-duplicates", 200, `[{"id":1,"name":"x","n":10}]`},
			{"POST", "/t", `[{"id":1,"name":"x"},{"id":3,"name":"y"}]`, "resolution=ignore-duplicates", 201, `[{"id":3,"name":"y","n":null}]`},
			{"POST", "/t?on_conflict=n", `{"id":9,"n":20}`, "resolution=merge-duplicates", 200, `[{"id":9,"name":"two","n":20}]`},
			{"POST", "/t", `[{"id":1,"name":"x"},{"id":1,"name":"y"}]`, "resolution=merge-duplicates", 500, "21000"},
			{"POST", "/t", `{"id":1,"name":"x"}`, "", 409, "23505"},
			{"POST", "/t?on_conflict=none", `{"id":1}`, "resolution=merge-duplicates", 400, "42703"},
			{"POST", "/t?on_conflict=name", `{"id":1,"name":"z"}`, "resolution=merge-duplicates", 400, "42P10"},
			{"PUT", "/t?id=eq.7", `{"id":7,"name":"seven","n":70}`, "", 201, `[{"id":7,"name":"seven","n":70}]`},
			{"PUT", "/t?id=eq.1", `[{"id":1,"name":"new","n":null},{"id":2,"name":"q","n":1}]`, "", 200, `[{"id":1,"name":"new","n":null}]`},
			{"PUT", "/t?id=eq.1", `{"id":2,"name":"new","n":1}`, "", 400, "PGRST115"},
			{"POST", "/t?select=id,parts(x)&order=id", `[{"id":5,"name":"x"},{"id":1,"name":"x"}]`, "resolution=merge-duplicates", 201, `[{"id":1,"parts":[{"x":"p"}]},{"id":5,"parts":[]}]`},
		} {
			w := ask(h, c.method, c.target, c.body, "Prefer", strings.Trim("tx=rollback,return=representation,"+c.prefer, ","))
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) && w.Header().Get("Proxy-Status") != "PostgREST; error="+c.want {
				t.Errorf("%s %s %s %s: %d %s, want %d %s", c.method, c.target, c.body, c.prefer, w.Code, w.Body, c.status, c.want)
			}
		}
	})
}
