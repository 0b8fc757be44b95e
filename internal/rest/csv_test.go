package rest_test

import (
	"net/http"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestCSV writes rows of CSV and reads them as CSV and JSON.
func TestCSV(t *testing.T) {
	onEngines(t, `create table c (id integer primary key, name text default 'd', note text, data jsonb)`, func(t *testing.T, h http.Handler, _ database.DB) {
		for _, c := range []struct {
			parameters, body string
			status           int
			json, csv        string
		}{
			{"", "id,name,note\r\n1,\"a\r\nb\",NULL\r\n2,,\"q\"\"\\ (x)\"\r\n", 201,
				`[{"id":1,"name":"a\r\nb","note":null,"data":null},{"id":2,"name":"","note":"q\"\\ (x)","data":null}]`,
				"id,name,note,data\n1,\"a\r\nb\",,\n2,\"\",\"q\"\"\\\\ (x)\","},
			// A field is a string, for a column of JSON too.
			{"", "\ufeffid,data\n3,[1]", 201, `[{"id":3,"name":"d","note":null,"data":"[1]"}]`, "id,name,note,data\n3,d,,\"\"\"[1]\"\"\""},
			{"columns=id,note&", "id,name,note\n4,kept?,n\n", 201, `[{"id":4,"name":"d","note":"n","data":null}]`, "id,name,note,data\n4,d,n,"},
			{"columns=id,name&", "id\n5\n", 201, `[{"id":5,"name":null,"note":null,"data":null}]`, "id,name,note,data\n5,,,"},
			{"", "id,name\n", 201, `[]`, "\n"},
			{"", "id,nothing\n1,2", 400, "PGRST204", ""},
			{"", "id\n\"\"", 400, "22P02", ""},
			{"", "", 400, "PGRST102", ""},
			{"", "id,name\n1", 400, "PGRST102", ""},
		} {
			for accept, want := range map[string]string{"application/json": c.json, "text/csv": c.csv} {
				w := ask(h, "POST", "/c?"+c.parameters, c.body, "Content-Type", "text/csv", "Accept", accept, "Prefer", "return=representation,tx=rollback")
				if w.Code != c.status || w.Code != 201 && code(w) != c.json || w.Code == 201 && accept == "text/csv" && w.Body.String() != want ||
					w.Code == 201 && accept != "text/csv" && !sameJSON(w.Body.String(), want) {
					t.Errorf("%s %q as %s: %d %q, want %d %q", c.parameters, c.body, accept, w.Code, w.Body, c.status, want)
				}
			}
		}
	})
}
