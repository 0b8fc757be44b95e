package rest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

func argTexts(st database.Statement) string {
	var out []string
	for _, a := range st.Args {
		text, ok := a.Get()
		if !ok {
			text = "NULL"
		}
		out = append(out, text)
	}
	return strings.Join(out, "|")
}

func TestWriteStatements(t *testing.T) {
	for _, c := range []struct{ name, method, target, body, prefer, sql, args string }{
		{"object", "POST", "/todos", `{"title":"x","done":true,"id":1.0,"data":{"a": 1}}`, "",
			`INSERT INTO "public"."todos" AS t ("title", "done", "id", "data") VALUES ($1, $2, $3, $4)`, `x|true|1.0|{"a": 1}`},
		{"null and array", "POST", "/todos", `{"title":null,"tags":["a"]}`, "",
			`INSERT INTO "public"."todos" AS t ("title", "tags") VALUES ($1, (SELECT _j.v FROM json_to_record($2) AS _j(v text[])))`, `NULL|{"v":["a"]}`},
		{"array", "POST", "/todos", `[{"id":1},{"id":2}]`, "",
			`INSERT INTO "public"."todos" AS t ("id") SELECT _j."id" FROM json_to_recordset($1) AS _j("id" bigint)`, `[{"id":1},{"id":2}]`},
		{"columns", "POST", `/todos?columns="id","title"`, `{"id":1,"other":2}`, "",
			`INSERT INTO "public"."todos" AS t ("id", "title") VALUES ($1, $2)`, `1|NULL`},
		{"missing is default", "POST", "/todos?columns=id,title", `{"id":1}`, "missing=default",
			`INSERT INTO "public"."todos" AS t ("id", "title") VALUES ($1, DEFAULT)`, `1`},
		{"array, missing is default", "POST", "/todos?columns=id,title", `[{"id":1},{"title":"x"}]`, "missing=default",
			`INSERT INTO "public"."todos" AS t ("id", "title") VALUES ($1, DEFAULT), (DEFAULT, $2)`, `1|x`},
		{"array, the same missing", "POST", "/todos?columns=id,title", `[{"id":1},{"id":2}]`, "missing=default",
			`INSERT INTO "public"."todos" AS t ("id") SELECT _j."id" FROM json_to_recordset($1) AS _j("id" bigint)`, `[{"id":1},{"id":2}]`},
		{"update", "PATCH", "/todos?id=eq.7", `{"title":"x"}`, "", `UPDATE "public"."todos" AS t SET "title" = $1 WHERE (t."id" = $2)`, `x|7`},
		{"update by array", "PATCH", "/todos?id=eq.7", `[{"title":"x"}]`, "", `UPDATE "public"."todos" AS t SET "title" = $1 WHERE (t."id" = $2)`, `x|7`},
		{"delete", "DELETE", "/todos?id=in.(1,2,3)", "", "return=representation",
			`DELETE FROM "public"."todos" AS t WHERE (t."id" IN ($1, $2, $3, $4)) RETURNING row_to_json(t)`, `1|2|3|3`},
	} {
		db := newFake()
		h := newTestAPI(db, nil)
		for range 2 { // made, then from the cache
			if w := ask(h, c.method, c.target, c.body, "Prefer", c.prefer); w.Code >= 300 {
				t.Fatalf("%s: %s", c.name, w.Body)
			}
			if st := db.last(); st.SQL != c.sql || argTexts(st) != c.args {
				t.Errorf("%s:\n got %s [%s]\nwant %s [%s]", c.name, st.SQL, argTexts(st), c.sql, c.args)
			}
		}
	}
}

func TestWritePlansAreShared(t *testing.T) {
	db := newFake()
	a := newAPI(Config{DB: db, AnonRole: "anon"})
	for i := range 1000 {
		ask(handlerOf(a), "POST", "/todos", fmt.Sprintf(`{"id":%d,"title":"t%d"}`, i, i))
		ask(handlerOf(a), "POST", "/todos", strings.Repeat(`[`, 1)+strings.TrimSuffix(strings.Repeat(fmt.Sprintf(`{"id":%d},`, i), i%7+1), ",")+`]`)
		ask(handlerOf(a), "PATCH", fmt.Sprintf("/todos?id=eq.%d", i), fmt.Sprintf(`{"title":"t%d"}`, i))
	}
	if n := a.plans.Len(); n != 3 {
		t.Errorf("%d plans for three shapes", n)
	}
}

func TestWriteAnswers(t *testing.T) {
	db := newFake()
	h := newTestAPI(db, nil)
	for _, c := range []struct {
		name, method, body, prefer string
		rows                       [][]string
		tag                        string
		status                     int
		header, value              string
		want                       string
	}{
		{"insert", "POST", `{"id":1}`, "", nil, "INSERT 0 1", 201, "Content-Range", "*/*", ""},
		{"insert, counted", "POST", `{"id":1}`, "count=exact", nil, "INSERT 0 1", 201, "Content-Range", "*/1", ""},
		{"insert, location", "POST", `{"id":1}`, "return=headers-only", [][]string{{"é 1"}}, "INSERT 0 1", 201, "Location", "/todos?id=eq.%C3%A9%201", ""},
		{"insert, rows", "POST", `{"id":1}`, "return=representation", [][]string{{`{"id":1}`}}, "INSERT 0 1", 201, "Preference-Applied", "return=representation", `[{"id":1}]`},
		{"insert nothing", "POST", `[]`, "return=representation", [][]string{{"unused"}}, "", 201, "Content-Range", "*/*", `[]`},
		{"update", "PATCH", `{"id":1}`, "", nil, "UPDATE 3", 204, "Content-Range", "0-2/*", ""},
		{"update nothing", "PATCH", `{}`, "", [][]string{{"unused"}}, "", 204, "Content-Range", "*/*", ""},
		{"delete", "DELETE", ``, "count=exact", nil, "DELETE 3", 204, "Content-Range", "*/3", ""},
	} {
		db.rows, db.tag = c.rows, c.tag
		w := ask(h, c.method, "/todos", c.body, "Prefer", c.prefer)
		if w.Code != c.status || w.Header().Get(c.header) != c.value || w.Body.String() != c.want {
			t.Errorf("%s: %d %s %q %q", c.name, w.Code, c.header, w.Header().Get(c.header), w.Body)
		}
	}
}

func TestWritesThatDoNotStand(t *testing.T) {
	singular := []string{"Accept", "application/vnd.pgrst.object+json"}
	for _, c := range []struct {
		name, method, body string
		headers            []string
		rows               int
		status             int
		committed, undone  int
	}{
		{"one of one", "DELETE", "", singular, 1, 200, 1, 0},
		{"two of one", "DELETE", "", singular, 2, 406, 0, 1},
		{"none of one", "PATCH", `{"id":1}`, singular, 0, 406, 0, 1},
		{"at most", "DELETE", "", []string{"Prefer", "handling=strict, max-affected=2"}, 2, 200, 1, 0},
		{"too many", "DELETE", "", []string{"Prefer", "handling=strict, max-affected=1"}, 2, 400, 0, 1},
		{"lenient", "DELETE", "", []string{"Prefer", "max-affected=1"}, 2, 200, 0, 0},
		{"told to undo", "DELETE", "", append([]string{"Prefer", "tx=rollback"}, singular...), 1, 200, 0, 1},
	} {
		db := newFake()
		db.rows = nil
		for range c.rows {
			db.rows = append(db.rows, []string{`{"id":1}`})
		}
		h := newTestAPI(db, func(c *Config) { c.AllowTxRollback = true })
		w := ask(h, c.method, "/todos", c.body, append(c.headers, "Prefer", "return=representation")...)
		if w.Code != c.status || db.committed != c.committed || db.undone != c.undone {
			t.Errorf("%s: %d, committed %d, undone %d", c.name, w.Code, db.committed, db.undone)
		}
	}
}

func TestTxPreference(t *testing.T) {
	for _, c := range []struct {
		end      TxEnd
		prefer   string
		rollback bool
		applied  string
	}{
		{Commit, "tx=rollback", false, ""},
		{CommitOverride, "tx=rollback", true, "tx=rollback"},
		{RollbackOverride, "tx=commit", false, "tx=commit"},
		{RollbackOverride, "", true, ""},
		{Rollback, "tx=commit", true, ""},
	} {
		db := newFake()
		w := ask(newTestAPI(db, func(k *Config) { k.TxEnd = c.end }), "DELETE", "/todos", "", "Prefer", c.prefer)
		if db.last().Rollback != c.rollback || w.Header().Get("Preference-Applied") != c.applied {
			t.Errorf("%s %s: rollback %v, applied %q", c.end, c.prefer, db.last().Rollback, w.Header().Get("Preference-Applied"))
		}
	}
}
