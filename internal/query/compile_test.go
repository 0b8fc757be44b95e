package query

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

func snapshot() *schema.Snapshot {
	columns := func(pairs ...string) []*schema.Column {
		var out []*schema.Column
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, &schema.Column{Name: pairs[i], Type: pairs[i+1], TypeName: pairs[i+1], Position: i/2 + 1})
		}
		return out
	}
	return schema.New(7, []string{"public"}, []*schema.Relation{
		{Name: schema.Name{Schema: "public", Name: "todos"}, Kind: schema.Table, PrimaryKey: []string{"id"},
			Columns: columns("id", "bigint", "title", "text", "done", "boolean", "data", "jsonb", "tags", "text[]")},
		{Name: schema.Name{Schema: "public", Name: `we"ird`}, Kind: schema.Table,
			Columns: columns("t", "integer", "_q", "integer", `a"b`, "text", "mood", "public.mood")},
	})
}

func todos(change func(*Read)) *Read {
	r := &Read{Node: Node{Schema: "public", Name: "todos"}}
	if change != nil {
		change(r)
	}
	return r
}

func field(name string, keys ...string) Field {
	f := Field{Column: name}
	for _, k := range keys {
		f.Path = append(f.Path, Step{Key: k})
	}
	return f
}

func TestCompileRead(t *testing.T) {
	for _, c := range []struct {
		name string
		read *Read
		sql  string
	}{
		{"all", todos(nil), `SELECT row_to_json(t) FROM "public"."todos" AS t`},
		{"all without nulls", todos(func(r *Read) { r.Format, r.Limit = StrippedJSON, true }), `SELECT json_strip_nulls(row_to_json(t)) FROM "public"."todos" AS t LIMIT $1`},
		{"an order", todos(func(r *Read) { r.Order, r.Limit = []Order{{Field: field("id")}}, true }),
			`SELECT row_to_json(_q) FROM (SELECT t.* FROM "public"."todos" AS t ORDER BY t."id" LIMIT $1) _q`},
		{"an offset", todos(func(r *Read) { r.Offset = true }),
			`SELECT row_to_json(_q) FROM (SELECT t.* FROM "public"."todos" AS t OFFSET $1) _q`},
		{"a column beside the whole", todos(func(r *Read) { r.Select = []Item{{Star: true}, {Field: field("id"), Alias: "x"}} }),
			`SELECT row_to_json(_q) FROM (SELECT t.*, t."id" AS "x" FROM "public"."todos" AS t) _q`},
		{"page", todos(func(r *Read) {
			r.Where = []Cond{{Op: Eq, Field: field("done"), Value: "x"}, {Op: Or, Not: true, Terms: []Cond{{Op: IsNull, Field: field("title")}, {Op: In, Field: field("id"), Values: []string{"1", "2", "3"}}}}}
			r.Order = []Order{{Field: field("id"), Direction: Descending, Nulls: NullsLast}}
			r.Limit, r.Offset = true, true
		}), `SELECT row_to_json(_q) FROM (SELECT t.* FROM "public"."todos" AS t WHERE (t."done" = $1) AND NOT ((t."title" IS NULL) OR (t."id" IN ($2, $3, $4, $5))) ORDER BY t."id" DESC NULLS LAST LIMIT $6 OFFSET $7) _q`},
		{"items", todos(func(r *Read) {
			r.Select = []Item{{Field: field("id"), Cast: "text", Alias: `x"y`}, {Field: Field{"data", []Step{{Key: "a"}, {Key: "0", Index: true, Text: true}}}}, {Field: field("tags", "k")}}
		}), `SELECT row_to_json(_q) FROM (SELECT CAST(t."id" AS text) AS "x""y", (t."data"->'a'->>0) AS "a", (to_jsonb(t."tags")->'k') AS "k" FROM "public"."todos" AS t) _q`},
		{"count", todos(func(r *Read) {
			r.Count, r.Limit = true, true
			r.Where = []Cond{{Op: Gt, Field: field("id"), Value: "1"}}
		}), `SELECT (SELECT count(*) AS n FROM "public"."todos" AS t WHERE (t."id" > $1)), row_to_json(_q) FROM (SELECT t.* FROM "public"."todos" AS t WHERE (t."id" > $1) LIMIT $2) _q`},
		{"count and offset", todos(func(r *Read) {
			r.Count, r.Offset, r.Format = true, true, StrippedJSON
		}), `SELECT _c.n, _p.* FROM (SELECT count(*) AS n FROM "public"."todos" AS t) _c LEFT JOIN (SELECT true AS _mark, json_strip_nulls(row_to_json(_q)) FROM (SELECT t.* FROM "public"."todos" AS t OFFSET $1) _q) _p ON true`},
		{"only the count", todos(func(r *Read) {
			r.Format = CountOnly
			r.Order = []Order{{Field: field("data", "k")}}
		}), `SELECT count(*) FROM (SELECT t.* FROM "public"."todos" AS t) _q`},
		{"text", todos(func(r *Read) { r.Format = Text; r.Select = []Item{{Field: field("id")}, {Star: true}} }),
			`SELECT t."id", t.* FROM "public"."todos" AS t`},
		{"names that clash", &Read{Node: Node{Schema: "public", Name: `we"ird`, Where: []Cond{{Op: Eq, Field: field(`a"b`)}}}},
			`SELECT row_to_json(t_) FROM "public"."we""ird" AS t_ WHERE (t_."a""b" = $1)`},
		{"an empty list", todos(func(r *Read) { r.Where = []Cond{{Op: In, Not: true, Field: field("id")}} }),
			`SELECT row_to_json(t) FROM "public"."todos" AS t WHERE NOT (false)`},
	} {
		plan, err := CompileRead(snapshot(), c.read)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if plan.SQL != c.sql {
			t.Errorf("%s:\n got %s\nwant %s", c.name, plan.SQL, c.sql)
		}
	}
}

func TestCompileWrite(t *testing.T) {
	node := Node{Schema: "public", Name: "todos"}
	filtered := node
	filtered.Where = []Cond{{Op: Eq, Field: field("id"), Value: "1"}}
	ordered := filtered
	ordered.Order = []Order{{Field: field("title")}}
	some := node
	some.Select = []Item{{Field: field("id")}, {Field: field("title"), Cast: "varchar"}}
	for _, c := range []struct {
		name  string
		write Write
		sql   string
	}{
		{"one row", Write{Node: node, Columns: []string{"title", "tags", "id"}, Forms: [][]Form{{Bound, Converted, Default}}},
			`INSERT INTO "public"."todos" AS t ("title", "tags", "id") VALUES ($1, (SELECT _j.v FROM json_to_record($2) AS _j(v text[])), DEFAULT)`},
		{"nothing given", Write{Node: node, Forms: [][]Form{{}}, Returning: ReturnKey},
			`INSERT INTO "public"."todos" AS t DEFAULT VALUES RETURNING t."id"`},
		{"two rows", Write{Node: node, Columns: []string{"title"}, Forms: [][]Form{{Bound}, {Default}}, Returning: ReturnRows},
			`INSERT INTO "public"."todos" AS t ("title") VALUES ($1), (DEFAULT) RETURNING row_to_json(t)`},
		{"an array", Write{Node: some, Columns: []string{"id", "title"}, Bulk: true, Returning: ReturnRows},
			`INSERT INTO "public"."todos" AS t ("id", "title") SELECT _j."id", _j."title" FROM json_to_recordset($1) AS _j("id" bigint, "title" text) RETURNING to_json(t."id"), to_json(CAST(t."title" AS character varying))`},
		{"an array of nothing", Write{Node: node, Bulk: true}, `INSERT INTO "public"."todos" AS t SELECT FROM json_array_elements($1)`},
		{"update", Write{Node: filtered, Action: Update, Columns: []string{"title", "done"}, Forms: [][]Form{{Bound, Default}}},
			`UPDATE "public"."todos" AS t SET "title" = $1, "done" = DEFAULT WHERE (t."id" = $2)`},
		{"delete in order", Write{Node: ordered, Action: Delete, Returning: ReturnRows},
			`WITH _w AS (DELETE FROM "public"."todos" AS t WHERE (t."id" = $1) RETURNING t.*) SELECT row_to_json(_q) FROM (SELECT t.* FROM _w AS t ORDER BY t."title") _q`},
		{"delete as text", Write{Node: some, Action: Delete, Returning: ReturnRows, Format: Text},
			`DELETE FROM "public"."todos" AS t RETURNING t."id", CAST(t."title" AS character varying) AS "title"`},
	} {
		plan, err := CompileWrite(snapshot(), &c.write)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if plan.SQL != c.sql {
			t.Errorf("%s:\n got %s\nwant %s", c.name, plan.SQL, c.sql)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, code string
		read       *Read
	}{
		{"relation", fault.UndefinedTable, &Read{Node: Node{Schema: "public", Name: "none"}}},
		{"column", fault.UndefinedColumn, todos(func(r *Read) { r.Select = []Item{{Field: field("none")}} })},
		{"column of a condition", fault.UndefinedColumn, todos(func(r *Read) { r.Where = []Cond{{Op: Eq, Field: field("none")}} })},
		{"column of an empty list", fault.UndefinedColumn, todos(func(r *Read) { r.Where = []Cond{{Op: In, Field: field("none")}} })},
		{"column of an order", fault.UndefinedColumn, todos(func(r *Read) { r.Order = []Order{{Field: field("none")}} })},
		{"column of an order that is dropped", fault.UndefinedColumn, todos(func(r *Read) { r.Format = CountOnly; r.Order = []Order{{Field: field("none")}} })},
		{"type", fault.UndefinedObject, todos(func(r *Read) { r.Select = []Item{{Field: field("id"), Cast: "text); DROP TABLE x; --"}} })},
		{"child", "PGRST200", todos(func(r *Read) { r.Children = []*Child{{}} })},
		{"operator", fault.FeatureNotSupported, todos(func(r *Read) { r.Where = []Cond{{Op: 200, Field: field("id")}} })},
		{"quantifier", fault.FeatureNotSupported, todos(func(r *Read) { r.Where = []Cond{{Op: Contains, Quantifier: Any, Field: field("id")}} })},
		{"empty condition", fault.SyntaxError, todos(func(r *Read) { r.Where = []Cond{{Op: And}} })},
		{"list", fault.TooManyArguments, todos(func(r *Read) { r.Where = []Cond{{Op: In, Field: field("id"), Values: make([]string, maxIn+1)}} })},
	} {
		if _, err := CompileRead(snapshot(), c.read); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	w := &Write{Node: Node{Schema: "public", Name: "todos"}, Columns: []string{"none"}, Forms: [][]Form{{Bound}}}
	if _, err := CompileWrite(snapshot(), w); fault.Code(err) != "PGRST204" {
		t.Errorf("column to write: %v", err)
	}
}

func TestTypeNames(t *testing.T) {
	for asked, want := range map[string]string{"INT": "integer", "text[]": "text[]", "public.mood": "public.mood", "timestamptz": "timestamp with time zone"} {
		if got, err := typeName(snapshot(), asked); err != nil || got != want {
			t.Errorf("%s: %q %v", asked, got, err)
		}
	}
}

func TestBind(t *testing.T) {
	plan, err := CompileRead(snapshot(), todos(func(r *Read) {
		r.Select = []Item{{Field: field("data", "a key")}}
		r.Where = []Cond{{Op: Eq, Field: field("id")}}
		r.Limit = true
	}))
	if err != nil {
		t.Fatal(err)
	}
	args, err := plan.Bind(database.Args("id", "limit"))
	if err != nil {
		t.Fatal(err)
	}
	// A parameter's number is its place among the arguments.
	for marker, want := range map[string]string{`"id" = $1`: "id", `->$2::text`: "a key", `LIMIT $3`: "limit"} {
		n := int(marker[strings.IndexByte(marker, '$')+1] - '1')
		if got, _ := args[n].Get(); !strings.Contains(plan.SQL, marker) || got != want {
			t.Errorf("%s is %q, want %q, in %s", marker, got, want, plan.SQL)
		}
	}
	if _, err := plan.Bind(database.Args("id")); fault.Code(err) != fault.InternalError {
		t.Errorf("too few values: %v", err)
	}
}

// TestPlainSteps: only what needs no quoting stands in a statement itself.
func TestPlainSteps(t *testing.T) {
	long := strings.Repeat("a", maxPlain)
	for step, want := range map[Step]bool{
		{Key: "a"}: true, {Key: "Zz_09"}: true, {Key: "0"}: true, {Key: long}: true, {Key: long + "a"}: false,
		{Key: ""}: false, {Key: "a'b"}: false, {Key: `a\b`}: false, {Key: "é"}: false, {Key: "a b"}: false, {Key: "a-b"}: false,
		{Key: "@"}: false, {Key: "["}: false, {Key: "`"}: false, {Key: "{"}: false, {Key: "\x00"}: false, {Key: "$1"}: false,
		{Key: "7", Index: true}: true, {Key: "999999999", Index: true}: true, {Key: "2147483648", Index: true}: false,
		{Key: "-1", Index: true}: false,
	} {
		if got := step.plain(); got != want {
			t.Errorf("%+v: %v", step, got)
		}
	}
}

func TestValuesFillBuckets(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 9: 16, maxIn: maxIn} {
		cond := []Cond{{Op: In, Field: field("id"), Values: make([]string, n)}}
		if n > 0 {
			cond[0].Values[n-1] = "last"
		}
		args := Values(nil, cond)
		if len(args) != want {
			t.Errorf("%d values take %d parameters, want %d", n, len(args), want)
		}
		if n > 0 {
			if text, _ := args[len(args)-1].Get(); text != "last" {
				t.Errorf("%d values are filled with %q", n, text)
			}
		}
	}
}

func TestShapesDiffer(t *testing.T) {
	id, data := field("id"), field("data", "a")
	seen := make(map[string]int)
	for i, conds := range [][]Cond{
		nil,
		{{Op: Eq, Field: id}},
		{{Op: Eq, Field: id, Not: true}},
		{{Op: Neq, Field: id}},
		{{Op: Eq, Field: id, Quantifier: Any}},
		{{Op: Eq, Field: data}},
		{{Op: Eq, Field: Field{"data", []Step{{Key: "a", Text: true}}}}},
		{{Op: Eq, Field: Field{"data", []Step{{Key: "a", Index: true}}}}},
		{{Op: Eq, Field: field("data", "a", "b")}},
		{{Op: Eq, Field: field("data", "ab")}},
		{{Op: In, Field: id, Values: []string{"1"}}},
		{{Op: In, Field: id, Values: []string{"1", "2"}}},
		{{Op: And, Terms: []Cond{{Op: Eq, Field: id}, {Op: Eq, Field: id}}}},
		{{Op: And, Terms: []Cond{{Op: Eq, Field: id}}}, {Op: Eq, Field: id}},
		{{Op: Or, Terms: []Cond{{Op: Eq, Field: id}, {Op: Eq, Field: id}}}},
	} {
		shape := string(AppendShape(nil, conds))
		if other, ok := seen[shape]; ok {
			t.Errorf("conditions %d and %d have the shape %s", other, i, shape)
		}
		seen[shape] = i
	}
}

func TestCache(t *testing.T) {
	c := NewCache[int](2)
	c.Put([]byte("a"), 1)
	c.Put([]byte("b"), 2)
	c.Get([]byte("a"))
	c.Put([]byte("c"), 3)
	if _, ok := c.Get([]byte("b")); ok || c.Len() != 2 {
		t.Error("the least recently used value was kept")
	}
	if v, ok := c.Get([]byte("a")); !ok || v != 1 {
		t.Error("a value in use was dropped")
	}
	c.Put(make([]byte, maxShape+1), 4)
	if _, ok := c.Get(make([]byte, maxShape+1)); ok {
		t.Error("a shape that is too long was kept")
	}
	shape := []byte("a")
	if n := testing.AllocsPerRun(100, func() { c.Get(shape) }); n != 0 {
		t.Errorf("a look-up allocates %v times", n)
	}
}
