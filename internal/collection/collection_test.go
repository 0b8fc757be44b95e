package collection_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/collection"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/rest"
)

const bookSchema = `{"type": "object", "required": ["title"], "properties": {
	"title": {"type": "string", "minLength": 1, "description": "it's quoted"}, "year": {"type": "integer"}, "tags": {"type": "array"}}}`

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	t.Helper()
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		test(t, db)
	})
}

func run(t *testing.T, db database.DB, script string, err error) error {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(t.Context(), script, nil)
	})
}

// books makes two collections, one of which refers to the other and to itself.
func books(t *testing.T, db database.DB, policy string) {
	t.Helper()
	for _, o := range []collection.Options{
		{Name: "authors", Uniques: []string{"name"}, Policy: "closed"},
		{Name: "books", Schema: bookSchema, Policy: policy, Indexes: []string{"title", "year:number", "address.city", "tags:contains", "tags.0"},
			References: []collection.Reference{{Path: "author_id", Table: "authors", Key: "id", Type: "uuid"}, {Path: "part.of", Table: "books", Key: "id", Type: "uuid"}}},
	} {
		text, err := collection.New(o)
		if err := run(t, db, text, err); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
}

const (
	ada   = "11111111-1111-4111-8111-111111111111"
	book  = "22222222-2222-4222-8222-222222222222"
	part  = "33333333-3333-4333-8333-333333333333"
	alice = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	bob   = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
)

func ask(h http.Handler, id httpapi.Identity, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/rest/v1"+target, strings.NewReader(body))
	r = r.WithContext(httpapi.WithIdentity(r.Context(), id))
	r.Header.Set("Prefer", "return=representation")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func user(sub string) httpapi.Identity {
	return httpapi.Identity{Role: "authenticated", Claims: `{"role":"authenticated","sub":"` + sub + `"}`}
}

var service = httpapi.Identity{Role: "service_role", Claims: `{"role":"service_role"}`}

// TestLifeOfDocuments writes, reads, filters, embeds, patches and deletes.
func TestLifeOfDocuments(t *testing.T) {
	const merge = "application/merge-patch+json"
	onEngines(t, func(t *testing.T, db database.DB) {
		books(t, db, "closed")
		h := rest.New(rest.Config{DB: db, AnonRole: "anon"})
		for _, c := range []struct{ method, target, media, body, want string }{
			{"POST", "/authors?select=id", "", `{"id": "` + ada + `", "data": {"name": "Ada"}}`, `[{"id":"` + ada + `"}]`},
			{"POST", "/authors", "", `{"data": {"name": "Ada"}}`, `"code":"23505"`},
			{"POST", "/books?select=author_id", "", `{"id": "` + book + `", "data": {"title": "A", "year": 1843, "author_id": "` + ada + `", "tags": ["x", "y"], "address": {"city": "London"}}}`, `[{"author_id":"` + ada + `"}]`},
			{"POST", "/books?select=data->>title", "", `[{"id": "` + part + `", "data": {"title": "B", "year": 9, "part": {"of": "` + book + `"}}}]`, `[{"title":"B"}]`},
			{"POST", "/books", "", `{"data": {"title": ""}}`, `"code":"23514"`},
			{"POST", "/books", "", `{"data": {"year": 1}}`, `"code":"23514"`},
			{"POST", "/books", "", `{"data": [1]}`, `"code":"23514"`},
			{"POST", "/books", "", `{"data": {"title": "C", "author_id": "` + bob + `"}}`, `"code":"23503"`},
			{"POST", "/books", "", `{"data": {"title": "C", "author_id": "no uuid"}}`, `"code":"22P02"`},
			{"GET", "/books?select=t:data->>title&data->year=gt.100", "", "", `[{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title&data->year=lt.100", "", "", `[{"t":"B"}]`},
			{"GET", "/books?select=t:data->>title&data->address->>city=eq.London", "", "", `[{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title&data->tags=cs.[\"y\"]", "", "", `[{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title&data=cs.{\"tags\":[\"x\"]}", "", "", `[{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title&data->tags=cd.[\"x\",\"y\",\"z\"]", "", "", `[{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title&data->tags->>0=eq.x", "", "", `[{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title&order=data->year", "", "", `[{"t":"B"},{"t":"A"}]`},
			{"GET", "/books?select=t:data->>title,authors(n:data->>name)&order=data->>title.desc", "", "", `[{"t":"B","authors":null},{"t":"A","authors":{"n":"Ada"}}]`},
			{"GET", "/authors?select=n:data->>name,books(t:data->>title)", "", "", `[{"n":"Ada","books":[{"t":"A"}]}]`},
			{"GET", "/books?select=t:data->>title,part_of(t:data->>title)&id=eq." + part, "", "", `[{"t":"B","part_of":{"t":"A"}}]`},
			{"PATCH", "/books?id=eq." + book + "&select=data", merge, `{"data": {"tags": null, "address": {"zip": 1}, "author_id": null}}`,
				`[{"data":{"year": 1843, "title": "A", "address": {"zip": 1, "city": "London"}}}]`},
			{"GET", "/books?select=author_id&id=eq." + book, "", "", `[{"author_id":null}]`},
			{"PATCH", "/books?id=eq." + book, merge, `{"data": {"title": null}}`, `"code":"23514"`},
			{"PATCH", "/books?id=eq." + book + "&select=created_at", merge, `{"created_at": "1999-01-01", "data": {"author_id": "` + ada + `"}}`, `[{"created_at":"20`},
			{"DELETE", "/authors?id=eq." + ada, "", "", `"code":"23503"`},
			{"DELETE", "/books?select=data->>title&id=eq." + part, "", "", `[{"title":"B"}]`},
		} {
			target, query, _ := strings.Cut(c.target, "?")
			if query != "" {
				target += "?" + strings.NewReplacer("%3D", "=", "%26", "&").Replace(url.PathEscape(query))
			}
			w := ask(h, service, c.method, target, c.body, "Content-Type", c.media)
			if !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s %s %s: %d %s, want %s", c.method, c.target, c.body, w.Code, w.Body, c.want)
			}
		}
	})
}

// TestPolicyTemplates asks as everyone what each template lets through.
func TestPolicyTemplates(t *testing.T) {
	for policy, want := range map[string]string{
		// who reads: nobody, Alice, Bob; who writes: the same
		"closed": "--- ---", "owner": "-A- -AB", "public-read": "NAB -AB", "authenticated": "-AB -AB",
	} {
		t.Run(policy, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db database.DB) {
				books(t, db, policy)
				h := rest.New(rest.Config{DB: db, AnonRole: "anon"})
				first := `{"data": {"title": "A"}}`
				if strings.HasPrefix(want, "-A-") || strings.HasPrefix(want, "NAB") {
					first = `{"owner": "` + alice + `", "data": {"title": "A"}}`
				}
				if w := ask(h, service, "POST", "/books", first); w.Code != 201 {
					t.Fatal(w.Body)
				}
				got := ""
				for i, id := range []httpapi.Identity{{}, user(alice), user(bob)} {
					got += letter(strings.Contains(ask(h, id, "GET", "/books", "").Body.String(), `"title": "A"`), i)
				}
				got += " "
				for i, id := range []httpapi.Identity{{}, user(alice), user(bob)} {
					got += letter(ask(h, id, "POST", "/books", `{"data": {"title": "new"}}`).Code == 201, i)
				}
				if got != want {
					t.Errorf("%s, want %s", got, want)
				}
				if strings.Contains(want, "A-") || policy == "public-read" { // Bob changes nothing of Alice's
					w := ask(h, user(bob), "PATCH", "/books?data->>title=eq.A", `{"data": {"title": "stolen"}}`)
					if w.Body.String() != "[]" {
						t.Errorf("Bob changed Alice's document: %s", w.Body)
					}
				}
			})
		})
	}
}

func letter(yes bool, i int) string {
	if yes {
		return "NAB"[i : i+1]
	}
	return "-"
}

// recorder keeps the last statement.
type recorder struct {
	database.DB
	mu   sync.Mutex
	last database.Statement
}

func (r *recorder) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	r.mu.Lock()
	r.last = st
	r.mu.Unlock()
	return r.DB.Query(ctx, s, st)
}

// TestPathIndexesAreUsed asks for the plan of what the REST API runs.
func TestPathIndexesAreUsed(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		books(t, db, "closed")
		err := run(t, db, `insert into books (data) select jsonb_build_object('title', 't' || n, 'year', n, 'address', jsonb_build_object('city', 'c' || n),
			'tags', jsonb_build_array('x' || n)) from generate_series(1, 3000) n;`, nil)
		if err == nil && db.Engine() == "postgres" {
			err = run(t, db, "analyze books", nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		rec := &recorder{DB: db}
		h := rest.New(rest.Config{DB: rec, AnonRole: "service_role"})
		for target, index := range map[string]string{
			"data->>title=eq.t7":            "books_title_idx",
			"data->year=eq.7":               "books_year_idx",
			"data->year=gt.2995":            "books_year_idx",
			"data->address->>city=eq.c7":    "books_address_city_idx",
			"data->tags->>0=eq.x7":          "books_tags_0_idx",
			"order=data->>title&limit=3":    "books_title_idx",
			"order=data->year.desc&limit=3": "books_year_idx",
		} {
			if w := ask(h, service, "GET", "/books?select=data&"+strings.ReplaceAll(target, ">", "%3E"), ""); w.Code != 200 {
				t.Fatal(w.Body)
			}
			st := rec.last
			st.SQL = "EXPLAIN " + st.SQL
			rows, err := database.Collect(db.Query(t.Context(), database.Session{}, st))
			if err != nil {
				t.Fatal(err)
			}
			var plan strings.Builder
			for _, r := range rows {
				plan.WriteString(*r[0] + "\n")
			}
			if !strings.Contains(plan.String(), index) {
				t.Errorf("%s does not use %s:\n%s\n%s", target, index, st.SQL, plan.String())
			}
		}
	})
}

// TestRefusals: what cannot be made is said before anything is.
func TestRefusals(t *testing.T) {
	base := collection.Options{Name: "books"}
	for label, change := range map[string]func(*collection.Options){
		"a name":         func(o *collection.Options) { o.Name = "Books; drop" },
		"no name":        func(o *collection.Options) { o.Name = "" },
		"a path":         func(o *collection.Options) { o.Indexes = []string{"a'b"} },
		"an empty key":   func(o *collection.Options) { o.Indexes = []string{"a..b"} },
		"a type":         func(o *collection.Options) { o.Indexes = []string{"a:money"} },
		"unique gin":     func(o *collection.Options) { o.Uniques = []string{"a:contains"} },
		"a policy":       func(o *collection.Options) { o.Policy = "open" },
		"a keyword":      func(o *collection.Options) { o.Schema = `{"unevaluatedItems": false}` },
		"no JSON":        func(o *collection.Options) { o.Schema = `{` },
		"a wrong schema": func(o *collection.Options) { o.Schema = `{"type": "text"}` },
		"a cycle":        func(o *collection.Options) { o.Schema = `{"not": {"$ref": "#"}}` },
		"a column": func(o *collection.Options) {
			o.References = []collection.Reference{{Path: "data", Table: "t", Key: "id", Type: "uuid"}}
		},
	} {
		o := base
		change(&o)
		if text, err := collection.New(o); err == nil {
			t.Errorf("%s: %s", label, text)
		}
	}
}

// TestChangeSchema: documents that are there must meet the new one.
func TestChangeSchema(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		books(t, db, "closed")
		if err := run(t, db, `insert into books (data) values ('{"title": "A"}')`, nil); err != nil {
			t.Fatal(err)
		}
		for schema, code := range map[string]string{
			`{"required": ["year"]}`: fault.CheckViolation, `{"properties": {"title": {"const": "A"}}}`: "",
		} {
			text, err := collection.ChangeSchema(collection.Options{Name: "books", Schema: schema})
			if err := run(t, db, text, err); fault.Code(err) != code && (err != nil || code != "") {
				t.Errorf("%s: %v", schema, err)
			}
		}
		if err := run(t, db, `insert into books (data) values ('{"title": "B"}')`, nil); fault.Code(err) != fault.CheckViolation {
			t.Errorf("the new schema is not checked: %v", err)
		}
	})
}
