package call_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/call"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
)

// patience is how long a test waits for what should happen soon. Only a failing
// test waits that long.
const patience = 60 * time.Second

// fixture is a database whose calls go to server.
type fixture struct {
	t      *testing.T
	db     database.DB
	server *httptest.Server
}

// onEngines runs a test on a fresh database of each engine, with a node that does
// calls. What the server answers is up to the test.
func onEngines(t *testing.T, answer http.HandlerFunc, test func(t *testing.T, f *fixture)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		t.Parallel()
		f := &fixture{t: t, db: db, server: httptest.NewServer(answer)}
		t.Cleanup(f.server.Close)
		f.start()
		test(t, f)
	})
}

func (f *fixture) start() {
	f.t.Helper()
	engine := f.db.Engine()
	if err := migrate.Own(f.t.Context(), f.db, migrate.Part{Name: "jobs", Steps: jobs.Schema(engine)},
		migrate.Part{Name: "calls", Steps: call.Schema(engine)}); err != nil {
		f.t.Fatal(err)
	}
	guard, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		f.t.Fatal(err)
	}
	node, err := jobs.New(jobs.Config{DB: f.db, Poll: 100 * time.Millisecond,
		Handlers: map[string]jobs.Handler{call.Kind: call.Handler(guard, call.Secrets(f.db))}})
	if err != nil {
		f.t.Fatal(err)
	}
	node.Start()
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = node.Stop(ctx)
		guard.Close()
	})
}

// as runs a statement under a role and returns its rows as text: "a,b|c,d".
func (f *fixture) as(role, sql string, args ...any) (string, error) {
	rows, err := database.Collect(f.db.Query(f.t.Context(), database.Session{Role: role}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	var out []string
	for _, r := range rows {
		var values []string
		for _, v := range r {
			if v == nil {
				values = append(values, "NULL")
				continue
			}
			values = append(values, *v)
		}
		out = append(out, strings.Join(values, ","))
	}
	return strings.Join(out, "|"), err
}

func (f *fixture) rows(sql string, args ...any) string {
	f.t.Helper()
	text, err := f.as("", sql, args...)
	if err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// until waits until a query gives what is wanted.
func (f *fixture) until(want, sql string, args ...any) {
	f.t.Helper()
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = f.rows(sql, args...); got == want {
			return
		}
	}
	f.t.Fatalf("%s: %s, want %s; %s", sql, got, want, f.rows("select state, errors from galley.jobs"))
}

// echo tells what it was asked, or answers as the path says.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/slow":
		<-r.Context().Done()
	case "/missing":
		http.Error(w, "nothing <here>", http.StatusNotFound)
	case "/busy":
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "later", http.StatusTooManyRequests)
	case "/broken":
		w.WriteHeader(http.StatusBadGateway)
	case "/binary":
		_, _ = w.Write([]byte{0, 1, 0xff})
	case "/long":
		_, _ = io.WriteString(w, strings.Repeat("€", 200<<10))
	case "/angles":
		_, _ = io.WriteString(w, strings.Repeat("<", 256<<10))
	case "/signed":
		_, _ = io.WriteString(w, r.Header.Get("Webhook-Id")+" "+r.Header.Get("Webhook-Signature")[:3])
	case "/inside":
		http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
	default:
		text, _ := json.Marshal(map[string]any{"method": r.Method, "uri": r.URL.RequestURI(), "type": r.Header.Get("Content-Type"),
			"body": string(body), "x": r.Header.Get("X-A")})
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	}
}

func TestHandler(t *testing.T) {
	onEngines(t, echo, func(t *testing.T, f *fixture) {
		url := f.server.URL
		for name, c := range map[string]struct {
			payload any
			want    string // state, status, body
		}{
			"get": {map[string]any{"url": url + "/a?b=1", "params": map[string]any{"c d": "é&", "n": 2, "z": nil}, "headers": map[string]string{"x-a": "v"}},
				`completed,200,{"body":"","method":"GET","type":"","uri":"/a?b=1\u0026n=2\u0026z=\u0026c%20d=%C3%A9%26","x":"v"}`},
			"post": {map[string]any{"url": url, "body": map[string]any{"k": []int{1}}},
				`completed,200,{"body":"{\"k\": [1]}","method":"POST","type":"application/json","uri":"/","x":""}`},
			"text": {map[string]any{"url": url, "method": "put", "body": "plain \"x\"", "headers": map[string]string{"Content-Type": "text/plain"}},
				`completed,200,{"body":"plain \"x\"","method":"PUT","type":"text/plain","uri":"/","x":""}`},
			"missing":   {map[string]any{"url": url + "/missing"}, "discarded,404,nothing <here>\n"},
			"busy":      {map[string]any{"url": url + "/busy"}, "retryable,NULL,NULL"},
			"broken":    {map[string]any{"url": url + "/broken"}, "retryable,NULL,NULL"},
			"timeout":   {map[string]any{"url": url + "/slow", "timeout_milliseconds": 20}, "retryable,NULL,NULL"},
			"inside":    {map[string]any{"url": "http://10.0.0.1/"}, "discarded,NULL,NULL"},
			"redirect":  {map[string]any{"url": url + "/inside"}, "discarded,NULL,NULL"},
			"no url":    {map[string]any{}, "discarded,NULL,NULL"},
			"no method": {map[string]any{"url": url, "method": "CONNECT"}, "discarded,NULL,NULL"},
			"host":      {map[string]any{"url": url, "headers": map[string]string{"Host": "x"}}, "discarded,NULL,NULL"},
			"params":    {map[string]any{"url": url, "params": []int{1}}, "discarded,NULL,NULL"},
			"no object": {"text", "discarded,NULL,NULL"},
			"no secret": {map[string]any{"url": url, "secret": "unknown"}, "retryable,NULL,NULL"},
		} {
			id, err := jobs.Enqueue(t.Context(), owner{f.db}, jobs.Spec{Queue: "q", Kind: call.Kind, Payload: c.payload})
			if err != nil {
				t.Fatal(err)
			}
			f.until("t", "select state not in ('available', 'running') from galley.jobs where id = $1", id)
			if got := f.rows("select state, result->>'status', result->>'body' from galley.jobs where id = $1", id); got != c.want {
				t.Errorf("%s: %s, want %s: %s", name, got, c.want, f.rows("select errors from galley.jobs where id = $1", id))
			}
			if name == "busy" && f.rows("select run_at > now() + interval '55 minutes' and run_at < now() + interval '61 minutes' from galley.jobs where id = $1", id) != "t" {
				t.Error("Retry-After is not kept to")
			}
		}
	})
}

func TestSigned(t *testing.T) {
	onEngines(t, echo, func(t *testing.T, f *fixture) {
		id, err := jobs.Enqueue(t.Context(), owner{f.db}, jobs.Spec{Queue: "q", Kind: call.Kind, Delay: time.Hour,
			Payload: map[string]any{"url": f.server.URL + "/signed", "secret": "billing", "body": "x"}})
		if err != nil {
			t.Fatal(err)
		}
		f.rows("insert into galley.secrets (name, value) values ('billing', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')")
		f.rows("select galley.retry_job($1)", id)
		f.until("completed,job_"+strconv.FormatInt(id, 10)+" v1,", "select state, result->>'body' from galley.jobs where id = $1", id)
	})
}

type owner struct{ db database.DB }

func (o owner) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	return o.db.Query(ctx, database.Session{}, st)
}

// TestKept looks at what is kept of answers that are no short text.
func TestKept(t *testing.T) {
	onEngines(t, echo, func(_ *testing.T, f *fixture) {
		run := func(path string) int64 {
			id, err := jobs.Enqueue(f.t.Context(), owner{f.db}, jobs.Spec{Queue: "q", Kind: call.Kind, Payload: map[string]any{"url": f.server.URL + path}})
			if err != nil {
				f.t.Fatal(err)
			}
			f.until("completed", "select state from galley.jobs where id = $1", id)
			return id
		}
		if got := f.rows("select result->>'body', result->>'body_base64' from galley.jobs where id = $1", run("/binary")); got != "NULL,AAH/" {
			f.t.Errorf("binary: %s", got)
		}
		got := f.rows("select length(result->>'body'), octet_length(result->>'body') <= 262144, result->>'truncated' from galley.jobs where id = $1", run("/long"))
		if got != "87381,t,true" { // and no half of a character
			f.t.Errorf("long: %s", got)
		}
		if got := f.rows("select result->>'body', length(result->>'body_base64') from galley.jobs where id = $1", run("/angles")); got != "NULL,349528" {
			f.t.Errorf("long as JSON: %s", got)
		}
	})
}

// each calls for each row, with what the database knows, as the schedules and functions
// of projects do.
func (f *fixture) each(url string) {
	f.t.Helper()
	run := func(sql string, args ...any) string {
		f.t.Helper()
		got, err := f.as("service_role", sql, args...)
		if err != nil {
			f.t.Errorf("%s: %v", sql, err)
		}
		return got
	}
	id := run(`select net.http_post(url := (select $1 || '/' || count(*) from net._http_response where id < 0), body := jsonb_build_object('at', (select 1)),
		headers := jsonb_build_object('Content-Type', 'application/json', 'X-A', (select 'key'))) as request_id`, url)
	f.until("1", "select count(*) from net._http_response where id = $1::bigint", id)
	if got := run("select content from net._http_response where id = $1", id); !strings.Contains(got, `{\"at\": 1}`) || !strings.Contains(got, `"uri":"/0"`) || !strings.Contains(got, `"x":"key"`) {
		f.t.Errorf("posted %s", got)
	}
	run("select n, net.http_get($1 || '/n/' || n) from generate_series(1, 3) n", url)
	f.until("3", "select count(*) from net._http_response where content like '%/n/%'")
	for _, sql := range []string{"select net.http_get(null)", "select net.http_post(null, '{}')", "select net.http_delete(url := (select 'http://x' where false))"} {
		if _, err := f.as("service_role", sql); fault.Code(err) != "23502" || !strings.Contains(err.Error(), `null value in column "url"`) {
			f.t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestNet(t *testing.T) {
	onEngines(t, echo, func(t *testing.T, f *fixture) {
		url := f.server.URL
		for name, c := range map[string]struct {
			sql  string
			want string // status, type, timed_out, error, content
		}{
			"get": {"select net.http_get($1)", `200,application/json,f,NULL,{"body":"","method":"GET","type":"","uri":"/","x":""}`},
			"get all": {"select * from net.http_get(url := $1, params := '{\"a\": \"b c\"}', headers := '{\"X-A\": \"1\"}', timeout_milliseconds := 10000)",
				`200,application/json,f,NULL,{"body":"","method":"GET","type":"","uri":"/?a=b%20c","x":"1"}`},
			"post":      {"select net.http_post(url := $1, body := '{\"a\": 1}'::jsonb)", `200,application/json,f,NULL,{"body":"{\"a\": 1}","method":"POST","type":"application/json","uri":"/","x":""}`},
			"post text": {"select net.http_post($1, '\"a\"')", `200,application/json,f,NULL,{"body":"\"a\"","method":"POST","type":"application/json","uri":"/","x":""}`},
			"delete":    {"select net.http_delete($1)", `200,application/json,f,NULL,{"body":"","method":"DELETE","type":"","uri":"/","x":""}`},
			"missing":   {"select net.http_get($1 || '/missing')", "404,text/plain; charset=utf-8,f,NULL,nothing <here>\n"},
			"broken":    {"select net.http_get($1 || '/broken')", "502,NULL,f,NULL,"},
			"timeout":   {"select net.http_get($1 || '/slow', timeout_milliseconds := 20)", "NULL,NULL,t,Timeout of 20 ms reached,NULL"},
			"inside":    {"select net.http_get(replace($1, '127.0.0.1', '10.0.0.1'))", "NULL,NULL,f,10.0.0.1 is not a public address, and outgoing.allow does not list it,NULL"},
		} {
			id, err := f.as("service_role", c.sql, url)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			f.until("1", "select count(*) from net._http_response where id = $1::bigint", id)
			got, err := f.as("service_role", "select status_code, content_type, timed_out, error_msg, content from net._http_response where id = $1::bigint", id)
			if err != nil || got != c.want {
				t.Errorf("%s: %s, want %s, %v", name, got, c.want, err)
			}
		}
		f.each(url)
		for _, role := range []string{"anon", "authenticated"} {
			for _, sql := range []string{"select net.http_get('http://example.com')", "select net.http_post('http://example.com')",
				"select net.http_delete('http://example.com')", "select 1 from net._http_response", "select 1 from galley.secrets"} {
				if _, err := f.as(role, sql); fault.Code(err) != fault.InsufficientPrivilege {
					t.Errorf("%s: %s: %v", role, sql, err)
				}
			}
		}
		if _, err := f.as("service_role", "select 1 from galley.secrets"); fault.Code(err) != fault.InsufficientPrivilege {
			t.Errorf("secrets: %v", err)
		}
		if f.db.Engine() == "postgres" {
			collect(t, f)
		}
	})
}

// collect waits for an answer in SQL, which the embedded engine cannot: it has no
// composite types.
func collect(t *testing.T, f *fixture) {
	id := f.rows("select net.http_get($1)", f.server.URL+"/missing")
	got, err := f.as("service_role", `select c.status, c.message, (c.response).status_code, (c.response).body from net.http_collect_response($1::bigint, async := false) c`, id)
	if err != nil || got != "SUCCESS,ok,404,nothing <here>\n" {
		t.Errorf("collect: %s, %v", got, err)
	}
	if got := f.rows("select c.status, c.message, c.response from net.http_collect_response(-1) c"); got != "ERROR,request matching request_id not found,NULL" {
		t.Errorf("collect nothing: %s", got)
	}
}

// TestNetInTransaction makes no call that was not committed.
func TestNetInTransaction(t *testing.T) {
	answer := func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/undone" {
			t.Error("a call was made that was rolled back")
		}
	}
	onEngines(t, answer, func(t *testing.T, f *fixture) {
		tx, err := f.db.Begin(t.Context(), database.Session{}, database.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := database.Collect(tx.Query(t.Context(), database.Statement{SQL: "select net.http_get($1)", Args: database.Args(f.server.URL + "/undone")})); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		id := f.rows("select net.http_get($1)", f.server.URL+"/done")
		f.until("1", "select count(*) from net._http_response where id = $1::bigint", id)
		if n := f.rows("select count(*) from galley.jobs"); n != "1" {
			t.Errorf("%s jobs", n)
		}
	})
}

// TestWebhooks calls a URL from triggers, as the database webhooks of a Supabase project
// do.
func TestWebhooks(t *testing.T) {
	onEngines(t, echo, func(t *testing.T, f *fixture) {
		if err := migrate.Own(t.Context(), f.db, migrate.Part{Name: "webhooks", Steps: call.Webhooks(f.db.Engine())}); err != nil {
			t.Fatal(err)
		}
		if f.db.Engine() != "postgres" { // which has no triggers, but what a move brings
			rows, err := database.Records(t.Context(), database.Owner{DB: f.db}, "select count(*) from supabase_functions.hooks")
			if err != nil || rows[0].Int(0) != 0 {
				t.Errorf("%v %v", rows, err)
			}
			return
		}
		run := func(sql string, args ...any) string {
			t.Helper()
			got, err := f.as("", sql, args...)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			return got
		}
		run("create table public.things (id integer primary key, name text)")
		run(`create trigger "on_things" after insert or update or delete on "public"."things" for each row execute function "supabase_functions"."http_request"('` +
			f.server.URL + `/post', 'POST', '{"Content-Type":"application/json","X-A":"key"}', '{"p":"1"}', '5000')`)
		run("create trigger got after insert on public.things for each row execute function supabase_functions.http_request('" + f.server.URL + "/get', 'GET')")
		run("grant insert on public.things to authenticated")
		if _, err := f.as("authenticated", "insert into public.things values (1, 'a')"); err != nil {
			t.Fatal(err)
		}
		run("update public.things set name = 'b'")
		run("delete from public.things")
		f.until("4", "select count(*) from net._http_response where status_code = 200")
		for _, c := range []struct{ event, body string }{
			{"INSERT", `{"type": "INSERT", "table": "things", "record": {"id": 1, "name": "a"}, "schema": "public", "old_record": null}`},
			{"UPDATE", `{"type": "UPDATE", "table": "things", "record": {"id": 1, "name": "b"}, "schema": "public", "old_record": {"id": 1, "name": "a"}}`},
			{"DELETE", `{"type": "DELETE", "table": "things", "record": null, "schema": "public", "old_record": {"id": 1, "name": "b"}}`},
		} {
			got := run(`select content::jsonb ->> 'body', content::jsonb ->> 'uri', content::jsonb ->> 'x' from net._http_response where content like '%' || $1 || '%'`, c.event)
			if want := c.body + ",/post?p=1,key"; got != want {
				t.Errorf("%s: %s, want %s", c.event, got, want)
			}
		}
		if got := run("select hook_name, count(request_id) from supabase_functions.hooks group by 1 order by 1"); got != "got,1|on_things,3" {
			t.Errorf("hooks %s", got)
		}
		for args, want := range map[string]string{"": "url argument is missing", "'http://x'": "method argument is missing", "'http://x', 'PUT'": "method argument PUT is invalid"} {
			run("create table public.wrong (id integer)")
			run("create trigger t after insert on public.wrong for each row execute function supabase_functions.http_request(" + args + ")")
			if _, err := f.as("", "insert into public.wrong values (1)"); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", args, err)
			}
			run("drop table public.wrong")
		}
	})
}
