package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/schema"
)

// fakeDB records the statements it gets and answers each with the same rows.
type fakeDB struct {
	snap *schema.Snapshot
	rows [][]string // "\x00" stands for NULL
	fail error      // ends the rows
	more int        // how many times the rows are repeated
	tag  string

	mu         sync.Mutex
	statements []database.Statement
	sessions   []database.Session
	committed  int
	undone     int
}

func newFake() *fakeDB {
	columns := func(pairs ...string) []*schema.Column {
		var out []*schema.Column
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, &schema.Column{Name: pairs[i], Type: pairs[i+1], TypeName: pairs[i+1]})
		}
		return out
	}
	return &fakeDB{snap: schema.New(1, []string{"public"}, []*schema.Relation{
		{Name: schema.Name{Schema: "public", Name: "todos"}, PrimaryKey: []string{"id"},
			Columns: columns("id", "bigint", "title", "text", "done", "boolean", "data", "jsonb", "tags", "text[]")},
	}), rows: [][]string{{`{"id":1}`}}, tag: "SELECT 1"}
}

func (d *fakeDB) Query(_ context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.statements) < 1000 {
		d.statements = append(d.statements, st)
		d.sessions = append(d.sessions, s)
	}
	return &fakeRows{db: d, left: len(d.rows) * max(1, d.more)}, nil
}

func (d *fakeDB) Begin(_ context.Context, s database.Session, _ database.TxOptions) (database.Tx, error) {
	return &fakeTx{db: d, session: s}, nil
}

func (d *fakeDB) Schema(context.Context) (*schema.Snapshot, error) { return d.snap, nil }
func (d *fakeDB) Engine() string                                   { return "fake" }
func (d *fakeDB) Ping(context.Context) error                       { return nil }
func (d *fakeDB) Close() error                                     { return nil }

func (d *fakeDB) last() database.Statement { return d.statements[len(d.statements)-1] }

type fakeTx struct {
	database.Tx
	db      *fakeDB
	session database.Session
	ended   bool
}

func (t *fakeTx) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	return t.db.Query(ctx, t.session, st)
}

func (t *fakeTx) Commit(context.Context) error {
	t.ended = true
	t.db.committed++
	return nil
}

func (t *fakeTx) Rollback(context.Context) error {
	if !t.ended {
		t.ended = true
		t.db.undone++
	}
	return nil
}

type fakeRows struct {
	db   *fakeDB
	left int
	row  []string
}

func (r *fakeRows) Columns() []database.Column { return nil }

func (r *fakeRows) Next() bool {
	if r.left == 0 {
		return false
	}
	r.row = r.db.rows[len(r.db.rows)-1-(r.left-1)%len(r.db.rows)]
	r.left--
	return true
}

func (r *fakeRows) Value(i int) []byte {
	if r.row[i] == "\x00" {
		return nil
	}
	return []byte(r.row[i])
}

func (r *fakeRows) Err() error {
	if r.left == 0 {
		return r.db.fail
	}
	return nil
}

func (r *fakeRows) Tag() string { return r.db.tag }
func (r *fakeRows) Close()      {}

func newTestAPI(db database.DB, change func(*Config)) http.Handler {
	c := Config{DB: db, AnonRole: "anon"}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// ask sends a request; headers are name, value pairs.
func ask(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/rest/v1"+target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestSession(t *testing.T) {
	db := newFake()
	h := newTestAPI(db, func(c *Config) { c.ExtraSearchPath = []string{"public", "extensions"} })
	id := httpapi.Identity{Role: "authenticated", Claims: `{"sub":"1"}`, Authenticated: true}
	r := httptest.NewRequest("GET", "/rest/v1/todos?id=eq.1", nil)
	r.Header.Set("X-Custom", "a\"b")
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(httpapi.WithIdentity(r.Context(), id)))
	s := db.sessions[0]
	if s.Role != "authenticated" || s.Claims != id.Claims || s.Method != "GET" || s.Path != "/todos" ||
		s.Headers != `{"host":"example.com","x-custom":"a\"b"}` || strings.Join(s.SearchPath, ",") != "public,extensions" {
		t.Errorf("session %+v", s)
	}
	ask(h, "GET", "/todos", "")
	if db.sessions[1].Role != "anon" || db.sessions[1].Claims != "" {
		t.Errorf("without identity: %+v", db.sessions[1])
	}
	if w := ask(newTestAPI(db, func(c *Config) { c.AnonRole = "" }), "GET", "/todos", ""); w.Code != 401 {
		t.Errorf("without anonymous role: %d", w.Code)
	}
}

func TestNothingRunsForWhatIsRefused(t *testing.T) {
	db := newFake()
	h := newTestAPI(db, nil)
	for _, c := range []struct {
		method, target, body, header string
		status                       int
		code                         string
	}{
		{"GET", "/", "", "", 404, "PGRST126"},
		{"GET", "/a/b", "", "", 404, "PGRST125"},
		{"GET", "/rpc/f", "", "", 404, "PGRST202"},
		{"GET", "/todoz", "", "", 404, "PGRST205"},
		{"GET", "/todos?none=eq.1", "", "", 400, "42703"},
		{"GET", "/todos?select=id,others(*)", "", "", 400, "PGRST200"},
		{"GET", "/todos?others.order=id", "", "", 400, "PGRST108"},
		{"GET", "/todos?id=5", "", "", 400, "PGRST100"},
		{"GET", "/todos?order=id.x", "", "", 400, "PGRST100"},
		{"GET", "/todos?limit=-1", "", "", 416, "PGRST103"},
		{"GET", "/todos", "", "Accept: text/unknown", 406, "PGRST107"},
		{"GET", "/todos", "", "Accept-Profile: private", 406, "PGRST106"},
		{"GET", "/todos", "", "Prefer: handling=strict, x", 400, "PGRST122"},
		{"PUT", "/todos?title=eq.1", "{}", "", 405, "PGRST105"},
		{"PUT", "/todos?id=eq.1&limit=1", "{}", "", 400, "PGRST114"},
		{"TRACE", "/todos", "", "", 405, "PGRST117"},
		{"POST", "/todos", "", "", 400, "PGRST102"},
		{"POST", "/todos", `{"none":1}`, "", 400, "PGRST204"},
		{"POST", "/todos", `[{"id":1},{"title":"x"}]`, "", 400, "PGRST102"},
		{"POST", "/todos", `{}`, "Content-Type: text/html", 400, "PGRST102"},
		{"PATCH", "/todos?columns=none", `{"id":1}`, "", 400, "PGRST204"},
		{"DELETE", "/todos?none=eq.1", "", "", 400, "42703"},
	} {
		name, value, _ := strings.Cut(c.header, ": ")
		headers := []string{name, value}
		if name == "" {
			headers = nil
		}
		w := ask(h, c.method, c.target, c.body, headers...)
		if w.Code != c.status || w.Header().Get("Proxy-Status") != "PostgREST; error="+c.code {
			t.Errorf("%s %s %s: %d %s", c.method, c.target, c.header, w.Code, w.Body)
		}
	}
	if len(db.statements) > 0 {
		t.Errorf("statements ran: %v", db.statements)
	}
}

// errLate is how a statement fails in the middle of its rows.
var errLate = fault.New("22012", "division by zero")
