package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/rest"
)

func TestPlans(t *testing.T) {
	h, db := onPostgres(t, `create table notes (id integer primary key, body text); insert into notes values (1, 'a')`)
	const asJSON = "application/vnd.pgrst.plan+json"
	if w := ask(h, "GET", "/notes", "", "Accept", asJSON); w.Code != http.StatusNotAcceptable || code(w) != "PGRST107" {
		t.Errorf("where plans are off: %d %s", w.Code, w.Body)
	}
	h = rest.New(rest.Config{DB: db, AnonRole: "service_role", Plan: true})
	for _, c := range [][4]string{
		{"GET", "/notes?id=eq.1", asJSON, `application/vnd.pgrst.plan+json; for="application/json"; charset=utf-8`},
		{"GET", "/notes?id=eq.1", `application/vnd.pgrst.plan+text; for="application/vnd.pgrst.object"; options=analyze|verbose|drop;`,
			`application/vnd.pgrst.plan+text; for="application/vnd.pgrst.object+json"; options=analyze|verbose; charset=utf-8`},
		{"POST", "/notes", asJSON, `application/vnd.pgrst.plan+json; for="application/json"; charset=utf-8`},
		{"PATCH", "/notes?id=eq.1", `application/vnd.pgrst.plan; for="text/csv"`, `application/vnd.pgrst.plan+text; for="text/csv"; charset=utf-8`},
		{"DELETE", "/notes?id=eq.1", asJSON, `application/vnd.pgrst.plan+json; for="application/json"; charset=utf-8`},
	} {
		w := ask(h, c[0], c[1], `{"id":1,"body":"b"}`, "Accept", c[2])
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != c[3] || !strings.Contains(w.Body.String(), "notes") {
			t.Errorf("%s %s: %d %v %.200s", c[0], c[2], w.Code, w.Header(), w.Body)
		}
		if c[2] == asJSON && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: no JSON: %s", c[0], w.Body)
		}
	}
	if w := ask(h, "GET", "/notes", ""); w.Body.String() != `[{"id":1,"body":"a"}]` {
		t.Errorf("a plan has written: %s", w.Body)
	}
	if w := ask(h, "GET", "/notes", "", "Accept", `application/vnd.pgrst.plan+json; for="image/png"`); w.Code != http.StatusNotAcceptable {
		t.Errorf("of nothing: %d %s", w.Code, w.Body)
	}
}

// TestBulkInsertsNameTheRow sends many rows one of which violates a constraint: both
// engines say which one, in the same words, and store none.
func TestBulkInsertsNameTheRow(t *testing.T) {
	setup := `create table parents (id integer primary key); insert into parents values (1);
		create table many (id integer primary key, n integer not null check (n < 1000), u text unique, parent integer references parents);
		insert into many values (5000, 1, 'taken', 1)`
	var probes []probe
	for _, wrong := range []string{`{"id":77,"n":null,"u":"w","parent":1}`, `{"id":77,"n":1000,"u":"w","parent":1}`, `{"id":77,"n":1,"u":"taken","parent":1}`,
		`{"id":77,"n":1,"u":"w","parent":2}`, `{"id":5000,"n":1,"u":"w","parent":1}`, `{"id":3,"n":1,"u":"w","parent":1}`, `{"id":77,"n":"x","u":"w","parent":1}`, `{"id":77,"n":1,"u":"w","parent":null}`} {
		var rows []string
		for i := range 300 {
			row, _ := json.Marshal(map[string]any{"id": i, "n": i, "u": nil, "parent": 1})
			if i == 250 {
				row = []byte(wrong)
			}
			if i != 77 {
				rows = append(rows, string(row))
			}
		}
		body := "[" + strings.Join(rows, ",") + "]"
		probes = append(probes, probe{"POST", "/many?select=id", body, ""}, probe{"POST", "/many?columns=id,n,u,parent&select=id", body, ""}, probe{"GET", "/many?select=count()", "", ""},
			probe{"POST", "/many", "id,n,u,parent\n1,2,a,1\n77,2,taken,1\n", "text/csv"})
	}
	agree(t, setup, probes)
	onEngines(t, setup, func(t *testing.T, h http.Handler, _ database.DB) {
		w := ask(h, "POST", "/many", `[{"id":1,"n":1},{"id":2,"n":5000},{"id":3,"n":3}]`)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Failing row contains (2, 5000, null, null).") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
