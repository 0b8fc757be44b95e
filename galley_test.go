package galley_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley"
	"github.com/galleyhq/galley/internal/database/pgtest"
)

const secret = "hDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g"

const schema = `create table todos (
	id bigint generated always as identity primary key,
	owner text not null default auth.jwt() ->> 'sub',
	title text not null
);
alter table todos enable row level security;
create policy "one's own" on todos for all to authenticated using (owner = auth.jwt() ->> 'sub');
grant select, insert, update, delete on todos to authenticated, service_role;
`

// engines runs a test on an app of each engine, which tell has told what to serve.
func engines(t *testing.T, tell func(*galley.App), test func(t *testing.T, a *galley.App)) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			settings := map[string]string{}
			if engine == "postgres" {
				settings["database.url"] = pgtest.Database(t)
			}
			a := newApp(t, settings)
			tell(a)
			start(t, a)
			test(t, a)
		})
	}
}

func newApp(t *testing.T, settings map[string]string) *galley.App {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "migrations", "0001_todos.sql"), []byte(schema), 0o644); err != nil {
		t.Fatal(err)
	}
	settings["auth.jwt_secret"], settings["functions.hook_time"] = secret, "1m" // on a machine that runs other tests
	a, err := galley.New(galley.Config{Project: dir, Settings: settings, Env: []string{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func start(t *testing.T, a *galley.App) {
	t.Helper()
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func signed(t *testing.T, sub string) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "authenticated", "sub": sub}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// do makes a request and returns status and body.
func do(t *testing.T, a *galley.App, method, path, key, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

type todo struct {
	ID    int64  `json:"id"`
	Owner string `json:"owner"`
	Title string `json:"title"`
}

// TestRoutes asks routes as several callers: their statements run under policies, those
// of the service role above them.
func TestRoutes(t *testing.T) {
	tell := func(a *galley.App) {
		a.Handle("GET /mine", galley.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			list, err := galley.Select[todo](r.Context(), a.Caller(), `select * from todos order by id`)
			if err != nil {
				return err
			}
			return json.NewEncoder(w).Encode(list)
		}))
		a.Handle("GET /all/{owner}", galley.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			n, err := galley.One[int](r.Context(), a.Service(), `select count(*) from todos where owner = $1`, r.PathValue("owner"))
			if err != nil {
				return err
			}
			return json.NewEncoder(w).Encode(n)
		}))
		a.Handle("GET /whoami", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s := galley.SessionFrom(r.Context())
			_, _ = io.WriteString(w, s.Role+" "+s.Subject())
		}))
		a.HandlePublic("POST /hook", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, galley.SessionFrom(r.Context()).Role+" "+r.Header.Get("Authorization"))
		}))
		a.Handle("GET /fails/{how}", galley.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			switch r.PathValue("how") {
			case "own":
				return &galley.Error{Code: "SHOP1", Message: "sold out", Hint: "wait", Status: http.StatusConflict}
			case "wrapped":
				return errors.Join(errors.New("secret"), galley.Errorf(http.StatusTeapot, "tea"))
			case "panic":
				panic("secret")
			}
			return errors.New("secret")
		}))
		a.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Id", galley.RequestID(r.Context()))
				next.ServeHTTP(w, r)
			})
		})
	}
	engines(t, tell, func(t *testing.T, a *galley.App) {
		ada, bob := signed(t, "ada"), signed(t, "bob")
		for _, c := range []struct {
			method, path, key, body string
			status                  int
			want                    string
		}{
			{"POST", "/rest/v1/todos", ada, `{"title":"write"}`, 201, ""},
			{"POST", "/rest/v1/todos", bob, `{"title":"read"}`, 201, ""},
			{"GET", "/mine", ada, "", 200, `[{"id":1,"owner":"ada","title":"write"}]` + "\n"},
			{"GET", "/mine", bob, "", 200, `[{"id":2,"owner":"bob","title":"read"}]` + "\n"},
			{"GET", "/mine", signed(t, "eve"), "", 200, "[]\n"},
			{"GET", "/mine", a.Keys().ServiceRole, "", 200, `[{"id":1,"owner":"ada","title":"write"},{"id":2,"owner":"bob","title":"read"}]` + "\n"},
			{"GET", "/mine", "", "", 200, "[]\n"},
			{"GET", "/mine", ada + "x", "", 401, "PGRST301"},
			{"GET", "/all/bob", ada, "", 200, "1\n"},
			{"GET", "/whoami", ada, "", 200, "authenticated ada"},
			{"GET", "/whoami", "", "", 200, "anon "},
			{"POST", "/hook", "theirs", "", 200, "anon Bearer theirs"},
			{"GET", "/fails/own", "", "", 409, `{"code":"SHOP1","details":null,"hint":"wait","message":"sold out"}`},
			{"GET", "/fails/wrapped", "", "", 418, `{"code":"P0001","details":null,"hint":null,"message":"tea"}`},
			{"GET", "/fails/other", "", "", 500, `"internal error"`},
			{"GET", "/fails/panic", "", "", 500, `"internal error"`},
			{"GET", "/nothing", "", "", 404, "PGRST125"},
			{"GET", "/health", "", "", 200, ""},
		} {
			status, body := do(t, a, c.method, c.path, c.key, c.body)
			if status != c.status || !strings.Contains(body, c.want) || strings.Contains(body, "secret") {
				t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, status, body, c.status, c.want)
			}
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/rest/v1/", nil))
		if id := w.Header().Get("X-Id"); id == "" || id != w.Header().Get("X-Request-Id") {
			t.Errorf("middleware saw the request %q", id)
		}
	})
}

// TestSQL runs statements outside of requests.
func TestSQL(t *testing.T) {
	engines(t, func(*galley.App) {}, func(t *testing.T, a *galley.App) {
		ctx := t.Context()
		ada := a.As(galley.Session{Role: "authenticated", Claims: json.RawMessage(`{"sub":"ada","role":"authenticated"}`)})
		if n, err := ada.Exec(ctx, `insert into todos (title) values ($1), ($2)`, "a", "b"); err != nil || n != 2 {
			t.Fatalf("%d, %v", n, err)
		}
		if n, err := a.As(galley.Session{Role: "authenticated", Claims: json.RawMessage(`{"sub":"bob"}`)}).Exec(ctx, `delete from todos`); err != nil || n != 0 {
			t.Errorf("of another: %d, %v", n, err)
		}
		undone := errors.New("undone")
		err := ada.Tx(ctx, func(tx *galley.Tx) error {
			if _, err := tx.Exec(ctx, `insert into todos (title) values ('c')`); err != nil {
				return err
			}
			seen := func(q galley.SQL) int {
				n, err := galley.One[int](ctx, q, `select count(*) from todos`)
				if err != nil {
					t.Error(err)
				}
				return n
			}
			if err := tx.Service(ctx, func(tx *galley.Tx) error {
				if _, err := tx.Exec(ctx, `insert into todos (owner, title) values ('bob', 'd')`); err != nil {
					return err
				}
				if n := seen(tx); n != 4 {
					t.Errorf("the service role sees %d", n)
				}
				return nil
			}); err != nil {
				return err
			}
			if n := seen(tx); n != 3 {
				t.Errorf("afterwards the caller sees %d", n)
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Error(err)
		}
		titles, err := galley.Select[string](ctx, a.Service(), `select title from todos order by id`)
		if err != nil || strings.Join(titles, "") != "ab" {
			t.Errorf("%v, %v", titles, err)
		}
		for sql, code := range map[string]string{
			`select * from nothing`:                        "42P01",
			`insert into todos (id, title) values (1, '')`: "428C9",
			`select 1/0`: "22012",
			`select`:     "",
		} {
			if _, err := a.Service().Exec(ctx, sql); galley.Code(err) != code {
				t.Errorf("%s: %v", sql, err)
			}
		}
		if _, err := galley.One[todo](ctx, a.Service(), `select * from todos where id = 0`); !errors.Is(err, galley.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		if _, err := galley.One[todo](ctx, a.Service(), `select * from todos`); galley.Code(err) != "21000" {
			t.Errorf("two rows: %v", err)
		}
		if _, err := a.Caller().Exec(ctx, `select 1`); galley.Code(err) != "28000" {
			t.Errorf("nobody: %v", err)
		}
		if _, err := a.As(galley.Session{}).Exec(ctx, `select 1`); galley.Code(err) != "22023" {
			t.Errorf("no role: %v", err)
		}
		if _, err := a.Service().Exec(ctx, `select $1::int`, make(chan int)); galley.Code(err) != "22023" {
			t.Errorf("no parameter: %v", err)
		}
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := a.Service().Exec(canceled, `select 1`); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
	})
}

// TestServiceEndsWithItsFunction: a statement that fails as the service role leaves
// nothing in the transaction that runs as it.
func TestServiceEndsWithItsFunction(t *testing.T) {
	a := newApp(t, map[string]string{})
	start(t, a)
	ctx := t.Context()
	err := a.As(galley.Session{Role: "anon"}).Tx(ctx, func(tx *galley.Tx) error {
		if err := tx.Service(ctx, func(tx *galley.Tx) error {
			_, err := tx.Exec(ctx, `select 1/0`)
			return err
		}); galley.Code(err) != "22012" {
			t.Errorf("%v", err)
		}
		for _, q := range []string{`select 1`, `select * from todos`} {
			if _, err := tx.Exec(ctx, q); err == nil {
				t.Errorf("%s ran in a transaction that failed", q)
			}
		}
		return nil
	})
	if err == nil {
		t.Error("a failed transaction was committed")
	}
}

// TestJobs enqueues in a transaction, which decides about the job, and waits for what
// was enqueued.
func TestJobs(t *testing.T) {
	type payload struct{ N int }
	done := make(chan int, 10)
	tell := func(a *galley.App) {
		done = make(chan int, 10)
		a.Job("count", func(ctx context.Context, j *galley.Job) error {
			var p payload
			if err := j.Decode(&p); err != nil {
				return err
			}
			if j.Attempt == 1 {
				return galley.RetryIn(0, errors.New("again"))
			}
			n, err := galley.One[int](ctx, a.Service(), `select $1::int * 2`, p.N)
			if err != nil {
				return err
			}
			done <- n
			return j.SetResult(n)
		})
		a.Schedule(galley.Schedule{Name: "often", Cron: "1 seconds", Kind: "count", Payload: payload{50}, Alone: true})
	}
	engines(t, tell, func(t *testing.T, a *galley.App) {
		ctx := t.Context()
		undone := errors.New("undone")
		if err := a.Service().Tx(ctx, func(tx *galley.Tx) error {
			if _, err := tx.Enqueue(ctx, galley.NewJob{Kind: "count", Payload: payload{1}}); err != nil {
				return err
			}
			return undone
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		// anon may not enqueue; the program may for it
		if err := a.As(galley.Session{Role: "anon"}).Tx(ctx, func(tx *galley.Tx) error {
			_, err := tx.Enqueue(ctx, galley.NewJob{Kind: "count", Payload: payload{2}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Enqueue(ctx, galley.NewJob{Kind: "count", Payload: payload{3}}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Enqueue(ctx, galley.NewJob{}); galley.Code(err) != "22023" {
			t.Errorf("no kind: %v", err)
		}
		seen := map[int]bool{}
		for len(seen) < 3 {
			select {
			case n := <-done:
				seen[n] = true
			case <-time.After(60 * time.Second):
				t.Fatalf("jobs did not run: %v", seen)
			}
		}
		if !seen[4] || !seen[6] || !seen[100] || seen[2] {
			t.Errorf("done: %v", seen)
		}
	})
}

// TestHooks has hooks change, refuse and follow up what is written by the data API.
func TestHooks(t *testing.T) {
	var done chan string
	tell := func(a *galley.App) {
		done = make(chan string, 10)
		hook(a, done)
	}
	engines(t, tell, func(t *testing.T, a *galley.App) {
		ada, bob := signed(t, "ada"), signed(t, "bob")
		for _, c := range []struct {
			method, path, key, body string
			status                  int
			want                    string
		}{
			{"POST", "/rest/v1/todos", ada, `{"title":"write"}`, 201, ""},
			{"POST", "/rest/v1/todos", bob, `{"title":"read"}`, 201, ""},
			{"POST", "/rest/v1/todos", bob, `[{"title":"sleep"},{"title":"forbidden"}]`, 409, "bob may not insert that"},
			{"PATCH", "/rest/v1/todos?id=eq.1", ada, `{"title":"rest"}`, 204, ""},
			{"DELETE", "/rest/v1/todos?id=eq.1", ada, "", 500, `"internal error"`},
			{"GET", "/rest/v1/todos?select=title", ada, "", 200, `[{"title":"REST 1 of 2"}]`},
			{"GET", "/rest/v1/todos?select=title", bob, "", 200, `[{"title":"READ 0 of 1"}]`},
		} {
			if status, body := do(t, a, c.method, c.path, c.key, c.body); status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, status, body, c.status, c.want)
			}
		}
		seen := map[string]bool{}
		for range 2 {
			select {
			case title := <-done:
				seen[title] = true
			case <-time.After(60 * time.Second):
				t.Fatal("no job")
			}
		}
		if !seen["WRITE 0 of 0"] || !seen["READ 0 of 1"] {
			t.Errorf("%v", seen)
		}
	})
}

// hook has an app number todos in upper case, refuse one and tell of others by a job.
func hook(a *galley.App, done chan<- string) {
	a.Before("todos", galley.Insert|galley.Update, func(ctx context.Context, tx *galley.Tx, e *galley.Event) error {
		for i := range e.Rows {
			var row todo
			if err := e.Rows[i].Decode(&row); err != nil {
				return err
			}
			if row.Title == "forbidden" {
				return galley.Errorf(http.StatusConflict, "%s may not %s that", e.Session.Subject(), e.Operation)
			}
			var all int
			if err := tx.Service(ctx, func(tx *galley.Tx) (err error) {
				all, err = galley.One[int](ctx, tx, `select count(*) from todos`)
				return err
			}); err != nil {
				return err
			}
			mine, err := galley.One[int](ctx, tx, `select count(*) from todos`)
			if err != nil {
				return err
			}
			if err := e.Rows[i].Set(map[string]any{"title": fmt.Sprintf("%s %d of %d", strings.ToUpper(row.Title), mine, all)}); err != nil {
				return err
			}
		}
		return nil
	})
	a.After("public.todos", galley.Insert, func(ctx context.Context, tx *galley.Tx, e *galley.Event) error {
		var row todo
		if err := e.Rows[0].Decode(&row); err != nil {
			return err
		}
		_, err := tx.Enqueue(ctx, galley.NewJob{Kind: "tell", Payload: row})
		return err
	})
	a.After("todos", galley.Delete, func(_ context.Context, _ *galley.Tx, e *galley.Event) error {
		return errors.New("secret")
	})
	a.Job("tell", func(_ context.Context, j *galley.Job) error {
		var row todo
		if err := j.Decode(&row); err != nil {
			return err
		}
		done <- row.Title
		return nil
	})
}

// TestMistakes are those that Start tells of, all at once.
func TestMistakes(t *testing.T) {
	a := newApp(t, map[string]string{})
	nop := func(context.Context, *galley.Job) error { return nil }
	a.Job("a", nop)
	a.Job("a", nop)
	a.Job("", nop)
	a.Handle("GET /x", nil)
	a.Schedule(galley.Schedule{Name: "x", Cron: "never", Kind: "a"})
	a.Before("todos", 0, nil)
	err := a.Start(t.Context())
	if err == nil || strings.Count(err.Error(), "\n") != 4 || galley.Code(err) != "22023" {
		t.Errorf("%v", err)
	}
	for name, tell := range map[string]func(*galley.App){
		"twice":         func(a *galley.App) { a.Handle("/x", http.NotFoundHandler()); a.Handle("/x", http.NotFoundHandler()) },
		"no pattern":    func(a *galley.App) { a.Handle("x y z", http.NotFoundHandler()) },
		"galley's kind": func(a *galley.App) { a.Job("sql", nop) },
	} {
		a := newApp(t, map[string]string{})
		tell(a)
		if err := a.Start(t.Context()); err == nil {
			t.Errorf("%s: it started", name)
			_ = a.Close()
		}
	}
	if _, err := galley.New(galley.Config{Project: t.TempDir(), Env: []string{}, Settings: map[string]string{"server.listn": "x"}}); err == nil || !strings.Contains(err.Error(), "server.listen") {
		t.Errorf("a wrong setting: %v", err)
	}
}

// TestLife is an app before it is started, while it runs by itself, and after.
func TestLife(t *testing.T) {
	up := make(chan string, 1)
	a, err := galley.New(galley.Config{Project: t.TempDir(), Env: []string{}, Settings: map[string]string{"server.listen": "127.0.0.1:0"},
		Logger: slog.New(slog.DiscardHandler), Listening: func(url string) { up <- url }})
	if err != nil {
		t.Fatal(err)
	}
	unready := func(when string) {
		t.Helper()
		if status, _ := do(t, a, "GET", "/health", "", ""); status != 503 {
			t.Errorf("%s: %d", when, status)
		}
		if _, err := a.Service().Exec(t.Context(), "select 1"); galley.Code(err) != "57P03" {
			t.Errorf("%s: %v", when, err)
		}
		if a.URL() != "" || a.Keys() != (galley.Keys{}) {
			t.Errorf("%s: %s", when, a.URL())
		}
	}
	unready("before")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	a.Job("up", func(context.Context, *galley.Job) error { return nil })
	go func() { ended <- a.Run(ctx) }()
	select {
	case url := <-up:
		r, err := http.Get(url + "/health") //nolint:noctx // of a test
		if err != nil || r.StatusCode != 200 || url != a.URL() {
			t.Errorf("%s: %v, %v", url, r, err)
		} else {
			_ = r.Body.Close()
		}
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(60 * time.Second):
		t.Fatal("it does not listen")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a route was added to an app that runs")
			}
		}()
		a.Handle("/late", http.NotFoundHandler())
	}()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	unready("after")
	if err := a.Start(t.Context()); galley.Code(err) != "55000" {
		t.Errorf("started again: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
