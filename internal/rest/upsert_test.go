package rest_test

import (
	"fmt"
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
			{"PUT", "/t?id=eq.1", `{}`, "", 400, "PGRST115"},
			{"PUT", "/t?id=eq.1", `[{}]`, "", 400, "PGRST115"},
			{"PUT", "/t?id=eq.1", `[]`, "", 400, "PGRST115"},
			{"POST", "/t?select=id,parts(x)&order=id", `[{"id":5,"name":"x"},{"id":1,"name":"x"}]`, "resolution=merge-duplicates", 201, `[{"id":1,"parts":[{"x":"p"}]},{"id":5,"parts":[]}]`},
		} {
			w := ask(h, c.method, c.target, c.body, "Prefer", strings.Trim("tx=rollback,return=representation,"+c.prefer, ","))
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) && w.Header().Get("Proxy-Status") != "PostgREST; error="+c.want {
				t.Errorf("%s %s %s %s: %d %s, want %d %s", c.method, c.target, c.body, c.prefer, w.Code, w.Body, c.status, c.want)
			}
		}
	})
}

// TestUpsertPassedOn upserts into a partitioned table and into views, whose rows
// have no xmax that could tell which of them are new.
func TestUpsertPassedOn(t *testing.T) {
	h, _ := onPostgres(t, `create table base (id integer primary key, name text); insert into base values (1, 'one'), (2, 'two');
		create view simple as select * from base;
		create table parted (id integer primary key, name text) partition by range (id);
		create table parted_low partition of parted for values from (0) to (10);
		create table parted_high partition of parted for values from (10) to (100);
		insert into parted values (1, 'one'), (2, 'two')`)
	for _, target := range []string{"/parted?", "/parted_low?", "/simple?on_conflict=id&", "/base?"} {
		for _, c := range []struct {
			parameters, body string
			status           int
			want             string
		}{
			{"", `[{"id":1,"name":"x"},{"id":3,"name":"y"}]`, 201, `[{"id":1,"name":"x"},{"id":3,"name":"y"}]`},
			{"", `[{"id":3,"name":"y"},{"id":1,"name":"x"}]`, 201, `[{"id":3,"name":"y"},{"id":1,"name":"x"}]`},
			{"", `[{"id":1,"name":"x"},{"id":2,"name":null}]`, 200, `[{"id":1,"name":"x"},{"id":2,"name":null}]`},
			{"", `[{"id":3,"name":"x"},{"id":4,"name":"y"}]`, 201, `[{"id":3,"name":"x"},{"id":4,"name":"y"}]`},
			{"", `[]`, 201, `[]`},
			{"", `[{"id":1,"name":"x"},{"id":1,"name":"y"}]`, 500, "21000"},
			{"select=name&order=id.desc&limit=1", `[{"id":5,"name":"x"},{"id":2,"name":"y"}]`, 201, `[{"name":"x"}]`},
			{"select=name&order=id.desc&limit=1", `[{"id":1,"name":"x"},{"id":2,"name":"y"}]`, 200, `[{"name":"y"}]`},
		} {
			for _, prefer := range []string{"return=representation", "return=minimal"} {
				w := ask(h, "POST", target+c.parameters, c.body, "Prefer", "tx=rollback,resolution=merge-duplicates,"+prefer)
				if w.Code != c.status || prefer == "return=representation" && !strings.Contains(w.Body.String(), c.want) {
					t.Errorf("%s%s %s %s: %d %s, want %d %s", target, c.parameters, c.body, prefer, w.Code, w.Body, c.status, c.want)
				}
			}
		}
	}
	for _, c := range []struct {
		id, status int
	}{{1, 200}, {7, 201}, {7, 200}, {2, 200}, {8, 201}} {
		target, body := fmt.Sprintf("/parted?id=eq.%d", c.id), fmt.Sprintf(`{"id":%d,"name":"put"}`, c.id)
		if w := ask(h, "PUT", target, body, "Prefer", "return=representation"); w.Code != c.status {
			t.Errorf("PUT %s: %d %s, want %d", target, w.Code, w.Body, c.status)
		}
	}
}
