package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

const todos = `create table todos (
	id bigint generated always as identity primary key,
	title text not null,
	done boolean not null default false
);
create policy "everyone reads" on todos for select to anon using (true);
`

func TestProject(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.must("init")
		p.must("init") // a second time keeps everything
		path := strings.TrimSpace(p.must("migrate", "new", "Make todos"))
		if !strings.HasSuffix(path, "_make_todos.sql") {
			t.Fatalf("the migration is called %s", path)
		}
		if err := os.WriteFile(path, []byte(todos), 0o644); err != nil {
			t.Fatal(err)
		}
		p.write("seed.sql", "insert into todos (title) values ('first');")
		name := filepath.Base(path)
		if out := p.must("migrate", "up", "--dry-run"); out != "would apply "+name+"\n" {
			t.Errorf("dry run: %q", out)
		}
		if out := p.must("migrate", "status"); !strings.Contains(out, "pending") {
			t.Errorf("status: %s", out)
		}
		if out := p.must("migrate", "up"); out != "applied "+name+"\n" {
			t.Errorf("up: %q", out)
		}
		if out := p.must("migrate", "up"); out != "nothing to apply\n" {
			t.Errorf("second up: %q", out)
		}
		first := p.keys()
		for range 2 { // the second time nothing is seeded again
			s := p.serve()
			if status, body := s.request("GET", "/rest/v1/todos?select=title,done", "", ""); status != 200 || body != `[{"title":"first","done":false}]` {
				t.Errorf("without a key: %d %s", status, body)
			}
			if status, _ := s.request("POST", "/rest/v1/todos", first.Anon, `{"title":"x"}`); status != 401 {
				t.Errorf("anon may write: %d", status)
			}
			if code := s.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
		}
		if again := p.keys(); again != first {
			t.Error("the keys changed")
		}
	})
}

func TestServe(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.must("init")
		p.write("migrations/1_todos.sql", todos)
		p.write("public/index.html", "<!doctype html><title>front page</title>")
		s := p.serve()
		k := p.keys() // while the server runs
		if strings.Contains(s.log.String()+s.out.String(), k.Anon) || strings.Contains(s.log.String(), k.JWTSecret) {
			t.Error("keys were printed or logged without --dev")
		}
		if status, body := s.request("POST", "/rest/v1/todos", k.ServiceRole, `{"title":"x"}`); status != 201 {
			t.Errorf("service_role: %d %s", status, body)
		}
		for path, want := range map[string]struct {
			status int
			body   string
		}{
			"/":                 {200, "front page"},
			"/deep/link":        {404, ""}, // not asked for as a page
			"/rest/v1/missing":  {404, "PGRST205"},
			"/auth/v1/health":   {200, "GoTrue"},
			"/galley/config.js": {200, k.Anon},
			"/health":           {200, "ok"},
			"/ready":            {200, "ready"},
		} {
			if status, body := s.request("GET", path, "", ""); status != want.status || !strings.Contains(body, want.body) {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
		if status, body := s.request("GET", "/rest/v1/todos", "a.b.c", ""); status != 401 || !strings.Contains(body, "PGRST301") {
			t.Errorf("a broken key: %d %s", status, body)
		}
		if out := p.must("sql", "--json", "select title from todos"); out != "[{\"title\":\"x\"}]\n" {
			t.Errorf("sql beside the server: %s", out)
		}
	})
}

func TestSQL(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.write("migrations/1_todos.sql", todos)
		p.must("migrate", "up")
		table := "  n  | title | done\n-----+-------+------\n 100 | a↵b   | f\n 100 | ü     | f\n(2 rows)\n\n"
		for name, c := range map[string]struct {
			input string
			args  []string
			want  result
		}{
			"a table":     {"", []string{"sql", "insert into todos (title) values ('a\nb'), ('ü') returning 100 as n, title, done; select id from todos where false"}, result{0, table + " id\n----\n(0 rows)\n\n", ""}},
			"JSON":        {"", []string{"sql", "--json", "select true as b, null as n, 1 as i, '<' as t"}, result{0, `[{"b":true,"n":null,"i":1,"t":"<"}]` + "\n", ""}},
			"no result":   {"", []string{"sql", "--json", "delete from todos where false"}, result{0, "[]\n", ""}},
			"from stdin":  {"-- a comment\nselect 1 as a;\nselect 2 as b\n", []string{"sql", "--json"}, result{0, "[{\"a\":1}]\n[{\"b\":2}]\n", ""}},
			"error":       {"", []string{"sql", "select 1;\nselect nope"}, result{1, "", "error: line 2, column 8: column \"nope\" does not exist (42703)\n"}},
			"anon":        {"", []string{"sql", "--role", "anon", "delete from galley.settings"}, result{1, "", "error: line 1, column 13: permission denied for schema galley (42501)\n"}},
			"claims":      {"", []string{"sql", "--json", "--claims", `{"role":"anon","sub":"x"}`, "select auth.role() as r"}, result{0, "[{\"r\":\"anon\"}]\n", ""}},
			"bad claims":  {"", []string{"sql", "--claims", "[]", "select 1"}, result{2, "", "error: --claims must be a JSON object\nSee galley sql --help.\n"}},
			"roleless":    {"", []string{"sql", "--claims", `{"sub":"x"}`, "select 1"}, result{2, "", "error: --claims needs --role, or a role among them: the owner is above all policies\nSee galley sql --help.\n"}},
			"all or none": {"", []string{"sql", "insert into todos (title) values ('gone'); insert into todos (title) values (null)"}, result{1, "*", "*"}},
		} {
			got := p.runWith(c.input, c.args...)
			got.out = trimLines(got.out)
			if c.want.code == 1 && c.want.out == "" {
				got.out = "" // what was printed before the error
			}
			if c.want.out == "*" {
				got.out, got.errors = "*", "*"
			}
			if got != c.want {
				t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
			}
		}
		if out := p.must("sql", "--json", "select count(*) as n from todos where title = 'gone'"); out != "[{\"n\":0}]\n" {
			t.Errorf("a failed script left something: %s", out)
		}
	})
}

// trimLines drops the space that alignment leaves at the ends of lines.
func trimLines(s string) string {
	all := strings.Split(s, "\n")
	for i := range all {
		all[i] = strings.TrimRight(all[i], " ")
	}
	return strings.Join(all, "\n")
}

func TestFailingMigration(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.write("migrations/1_good.sql", todos)
		p.write("migrations/2_bad.sql", "create table b (id bigint);\n\ninsert into b (nope) values (1);\n")
		for _, args := range [][]string{{"migrate", "up"}, {"serve", "--listen", "127.0.0.1:0"}} {
			r := p.run(args...)
			if want := "2_bad.sql:3: column \"nope\" of relation \"b\" does not exist (42703)\n"; r.code != 1 || !strings.Contains(r.errors, want) {
				t.Errorf("%v: exit %d, %s", args, r.code, r.errors)
			}
		}
		if r := p.run("sql", "select * from b"); r.code != 1 || !strings.Contains(r.errors, "42P01") {
			t.Errorf("the failed migration left a table: %+v", r)
		}
		p.write("migrations/1_good.sql", todos+" ")
		if r := p.run("migrate", "status"); r.code != 1 || !strings.Contains(r.errors, "1_good.sql: was changed after it was applied") {
			t.Errorf("status: %+v", r)
		}
	})
}

func TestSupabaseFolder(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.write("supabase/config.toml", "project_id = \"x\"\n[api]\nport = 54321\nschemas = [\"public\"]\n[db]\nmajor_version = 15\n")
		p.write("supabase/migrations/20260101000000_open.sql", "create table open_table (id bigint primary key);")
		p.write("supabase/migrations/20260102000000_closed.sql", "create table closed (id bigint primary key);\nalter table closed enable row level security;")
		p.write("supabase/seed.sql", "insert into open_table (id) values (7);")
		s := p.serve()
		if status, body := s.request("GET", "/rest/v1/open_table", "", ""); status != 200 || body != `[{"id":7}]` {
			t.Errorf("%d %s", status, body)
		}
		if log := s.log.String(); !strings.Contains(log, `"table":"public.open_table"`) || strings.Contains(log, `"table":"public.closed"`) {
			t.Errorf("the warning names the wrong tables: %s", log)
		}
	})
}

// TestEnvFile checks that functions find what a developer's file says, and that it is for
// developers only.
func TestEnvFile(t *testing.T) {
	p := newProject(t)
	p.write("functions/env/index.ts", `export const verifyJwt = false; Deno.serve(() => Response.json([Deno.env.get("OF_FILE"), Deno.env.get("OF_FOLDER") ?? null, Deno.env.get("SUPABASE_ANON_KEY") === "mine"]))`)
	p.write("functions/.env", "OF_FOLDER=1")
	p.write("local/secrets.env", "OF_FILE='a b'\nSUPABASE_ANON_KEY=mine")
	s := p.serve("--dev", "--env-file", filepath.Join(p.dir, "local", "secrets.env"))
	if status, body := s.request("GET", "/functions/v1/env", "", ""); status != 200 || body != `["a b",null,false]` {
		t.Errorf("%d %s", status, body)
	}
	s.stop()
	for want, args := range map[string][]string{
		"--env-file is for a developer's machine": {"serve", "--env-file", "local/secrets.env"},
		"open local/none.env: no such file":       {"serve", "--dev", "--env-file", "local/none.env"},
		"open local/other.env: no such file":      {"functions", "serve", "--env-file", "local/other.env"},
		"local is no file":                        {"functions", "serve", "--env-file", "local"},
	} {
		if r := p.run(args...); r.code == 0 || !strings.Contains(r.errors, want) {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestWeakSecret(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		for _, secret := range []string{"short", "super-secret-jwt-token-with-at-least-32-characters-long"} {
			p := &project{t: t, dir: p.dir, env: append([]string{"GALLEY_AUTH_JWT_SECRET=" + secret}, p.env...)}
			for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"serve", "--listen", "0.0.0.0:0", "--dev"}} {
				if r := p.run(args...); r.code != 1 || !strings.Contains(r.errors, "auth.jwt_secret: refused") || strings.Contains(r.errors, secret) {
					t.Errorf("%v with %q: %+v", args, secret, r)
				}
			}
			s := p.serve("--dev")
			k := p.keys()
			if k.JWTSecret != secret || !strings.Contains(s.out.String(), k.Anon) {
				t.Errorf("with --dev: %+v, %s", k, &s.out)
			}
			if status, _ := s.request("GET", "/rest/v1/none", k.Anon, ""); status != 404 {
				t.Errorf("the anon key is not taken: %d", status)
			}
			s.stop()
		}
	})
}

func TestUsage(t *testing.T) {
	p := newProject(t)
	p.write("galley.toml", "[server]\nlisen = 1\n[api]\nmax_rows = -1\n")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"version"}, 0, "galley "},
		{[]string{"--help"}, 0, "Available Commands"},
		{[]string{"nonsense"}, 2, "unknown command"},
		{[]string{"serve", "--nonsense"}, 2, "unknown flag"},
		{[]string{"serve", "extra"}, 2, "unknown command"},
		{[]string{"migrate", "new"}, 2, "accepts 1 arg"},
		{[]string{"migrate", "down"}, 2, "unknown command"},
		{[]string{"serve"}, 1, "galley.toml:2: server.lisen: unknown key; did you mean server.listen?"},
		{[]string{"serve"}, 1, "galley.toml:4: api.max_rows"},
		{[]string{"serve", "--project", "nowhere"}, 1, "does not exist"},
	} {
		r := p.run(c.args...)
		if r.code != c.code || !strings.Contains(r.out+r.errors, c.want) {
			t.Errorf("galley %v: %+v, want exit %d and %q", c.args, r, c.code, c.want)
		}
	}
}

// TestTwoServersAtOnce starts two servers on one empty database, and expects them
// to agree on all that they make in it.
func TestTwoServersAtOnce(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			p := newProject(t, "DATABASE_URL="+pgtest.Database(t))
			p.write("migrations/1_todos.sql", todos)
			p.write("migrations/2_more.sql", "insert into todos (title) values ('migrated');")
			p.write("seed.sql", "insert into todos (title) values ('seeded');")
			a, b := p.start("--dev"), p.start("--dev")
			a.await()
			b.await()
			k := p.keys()
			for _, s := range []*server{a, b} {
				status, body := s.request("GET", "/rest/v1/todos?select=title&order=id", k.ServiceRole, "")
				if status != 200 || body != `[{"title":"migrated"},{"title":"seeded"}]` {
					t.Errorf("%d %s", status, body)
				}
				if _, body := s.request("GET", "/galley/config.js", "", ""); !strings.Contains(body, k.Anon) {
					t.Error("the nodes have different keys")
				}
			}
			if code := a.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
			if code := b.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}

// TestTypes has remote procedures of functions among the types, beside a function that
// cannot be loaded.
func TestTypes(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.write("migrations/1_todos.sql", todos+"create function twice(n integer) returns integer language sql as 'select 2 * n';")
		p.must("migrate", "up")
		p.write("functions/add/index.ts", `export const rpc = { args: { a: "integer", "b?": "number" }, returns: "number", volatility: "immutable" }
export default ({ a, b = 0 }: { a: number; b?: number }) => a + b`)
		p.write("functions/open/index.ts", `export const rpc = { name: "open_todos", returns: [{ id: "bigint", title: "text" }] }
export default () => []`)
		p.write("functions/hello/index.ts", `Deno.serve(() => new Response("hello"))`)
		p.write("functions/broken/index.ts", `export const rpc = { returns: "integer" }; export default () => {`)
		r := p.run("gen", "types", "typescript")
		for _, want := range []string{
			`"add": { Args: { "a": number; "b"?: number }; Returns: number }`, `"twice": { Args: { "n": number }; Returns: number }`,
			`"open_todos": { Args: never; Returns: ({ "id": number | null; "title": string | null })[] }`,
		} {
			if !strings.Contains(r.out, want) {
				t.Errorf("%s is missing in %s", want, r.out)
			}
		}
		if r.code != 0 || strings.Contains(r.out, "hello") || !strings.Contains(r.errors, "warning: what the function broken offers is left out") {
			t.Errorf("%d %s", r.code, r.errors)
		}
	})
}
