package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/jobs"
)

func TestRoutesAndMiddleware(t *testing.T) {
	p := begin(t, map[string]string{
		"public/file.txt": "a file", "public/index.html": "the page",
		"functions/_middleware.ts": `export default async (req, next, ctx) => {
			if (req.method === "OPTIONS") return new Response(null, { status: 204, headers: { "access-control-allow-origin": "*" } });
			if (new URL(req.url).searchParams.has("stop")) return new Response("stopped by the first");
			const res = await next();
			res.headers.append("x-around", "outer");
			return res;
		}`,
		"functions/post/_middleware.ts": `export default async (req, next, ctx) => {
			const res = await next();
			res.headers.append("x-around", "inner");
			return new Response("[" + await res.text() + "]", res);
		}`,
		"functions/post/index.ts":  `export const path = "/posts/:slug"; export const methods = ["get"]; export const verifyJwt = false; export default (req, ctx) => new Response(ctx.params.slug + " " + new URL(req.url).pathname);`,
		"functions/root/index.ts":  `export const path = ["/rss.xml", "/", "/file.txt"]; export const verifyJwt = false; export default (req) => new Response("root " + new URL(req.url).pathname);`,
		"functions/page/index.ts":  `export const path = "/:slug"; export const verifyJwt = false; export default (req, ctx) => new Response("page " + ctx.params.slug);`,
		"functions/taken/index.ts": `export const path = ["/rss.xml", "/rest/v1/mine"]; export default () => new Response("taken");`,
		"functions/token/index.ts": `export const path = "/token/here"; export default () => new Response("token");`,
	})
	p.want("GET", "/posts/a%2Fb", "", "[a/b /posts/a%2Fb]")
	p.want("GET", "/functions/v1/post", "", "[undefined /post]")
	if a := p.ask("GET", "/posts/x", ""); strings.Join(a.header["X-Around"], ",") != "inner, outer" && strings.Join(a.header["X-Around"], ",") != "inner,outer" {
		t.Errorf("middleware ran in the order %v", a.header["X-Around"])
	}
	p.want("GET", "/posts/x?stop", "", "stopped by the first")
	if a := p.ask("POST", "/posts/x", ""); a.status != 405 || a.header.Get("Allow") != "GET" {
		t.Errorf("POST: %d %v", a.status, a.header)
	}
	if a := p.ask("OPTIONS", "/posts/x", "", "Origin", "http://a.example", "Access-Control-Request-Method", "GET"); a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("OPTIONS: %d %v", a.status, a.header)
	}
	p.want("GET", "/file.txt", "", "a file") // files come first
	p.want("GET", "/", "", "the page")
	p.want("POST", "/file.txt", "", "root /file.txt")
	p.want("GET", "/rss.xml", "", "root /rss.xml")
	p.want("GET", "/about", "", "page about")
	if a := p.ask("GET", "/a/b/c", ""); a.status != 404 {
		t.Errorf("a path of nobody: %d", a.status)
	}
	if a := p.ask("GET", "/token/here", "", "Authorization", ""); a.status != 401 {
		t.Errorf("a route is open: %d", a.status)
	}
	p.want("GET", "/functions/v1/taken", "", "taken")
	if log := p.log.String(); !strings.Contains(log, "is that of the function root already") || !strings.Contains(log, "Galley's own") {
		t.Errorf("the conflicts were not told: %s", log)
	}
}

func TestReload(t *testing.T) {
	p := begin(t, map[string]string{
		"functions/_shared/x.ts":   `export const x = "one";`,
		"functions/a/index.ts":     `import { x } from "../_shared/x.ts"; export default () => new Response(x);`,
		"functions/slow/index.ts":  `export default async (req) => { console.log("begun"); return new Response("old " + await req.text()); }`,
		"functions/still/index.ts": `const at = Math.random(); export default () => new Response(String(at));`,
	})
	if err := p.service.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	still := p.ask("GET", "/functions/v1/still", "").body
	p.want("GET", "/functions/v1/a", "", "one")
	edit := func(files map[string]string) { write(t, filepath.Join(p.dir, "functions"), files) }
	got := func(path, want string) func() bool {
		return func() bool { return p.ask("GET", path, "").body == want }
	}
	// Who began on the old version ends on it.
	in, out := newPipe()
	first := make(chan answer)
	go func() { a, _ := p.try("POST", "/functions/v1/slow", in); first <- a }()
	_, _ = out.Write([]byte("x"))
	waitFor(t, "the request to be served", func() bool { return strings.Contains(p.log.String(), "begun") })
	edit(map[string]string{"_shared/x.ts": `export const x = "two";`, "slow/index.ts": `export default () => new Response("new");`, "b/index.ts": `export const path = "/b"; export default () => new Response("b");`})
	waitFor(t, "the new version", got("/functions/v1/a", "two"))
	waitFor(t, "the new function", got("/b", "b"))
	waitFor(t, "the other new version", got("/functions/v1/slow", "new"))
	_ = out.Close()
	if a := <-first; a.body != "old x" {
		t.Errorf("a request in flight: %d %q", a.status, a.body)
	}
	p.want("GET", "/functions/v1/still", "", still) // what has not changed keeps its instances
	// In production a version that cannot be loaded changes nothing.
	edit(map[string]string{"a/index.ts": `export default (`})
	waitFor(t, "the failure", func() bool { return strings.Contains(p.log.String(), "cannot be loaded, the one before is served on") })
	p.want("GET", "/functions/v1/a", "", "two")
	edit(map[string]string{"a/index.ts": `export default () => new Response("three");`})
	waitFor(t, "the mended version", got("/functions/v1/a", "three"))
	if err := os.RemoveAll(filepath.Join(p.dir, "functions", "b")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end", func() bool {
		return p.ask("GET", "/functions/v1/b", "").status == 404 && p.ask("GET", "/b", "").status == 404
	})
}

// TestReloadDropsNothing saves a function again and again while it is asked.
func TestReloadDropsNothing(t *testing.T) {
	p := begin(t, map[string]string{"functions/a/index.ts": `export default () => new Response("0");`})
	stop, failed := make(chan struct{}), make(chan string, 1000)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					failed <- ""
					return
				default:
				}
				if a, err := p.try("GET", "/functions/v1/a", nil); err != nil || a.status != 200 {
					failed <- fmt.Sprint(a.status, a.body, err)
				}
			}
		}()
	}
	for n := 1; n <= 5; n++ {
		want := fmt.Sprint(n)
		write(t, filepath.Join(p.dir, "functions"), map[string]string{"a/index.ts": `export default () => new Response("` + want + `");`})
		waitFor(t, "version "+want, func() bool { return p.ask("GET", "/functions/v1/a", "").body == want })
	}
	close(stop)
	for ended := 0; ended < 4; {
		if problem := <-failed; problem == "" {
			ended++
		} else {
			t.Error(problem)
		}
	}
}

func TestJobs(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		p := beginOn(t, db, map[string]string{"functions/work/index.ts": `
			export const job = { queue: "work", concurrency: 3, timeout: 30 };
			export default async (payload, ctx) => {
				ctx.progress(0.5, "half");
				switch (payload.do) {
				case "fail": throw new Error("no luck");
				case "spin": for (;;);
				case "discard": ctx.discard("never");
				case "cancel": ctx.cancel("not now");
				case "retry": ctx.retryIn(3600, "later");
				}
				return { sum: payload.a + payload.b, attempt: ctx.attempt, key: ctx.key };
			}`})
		if a := p.ask("POST", "/functions/v1/work", ""); a.status != 404 {
			t.Errorf("a job answers requests: %d", a.status)
		}
		client, err := jobs.New(jobs.Config{DB: db, Other: p.service.Job, Poll: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		client.Start()
		defer func() { _ = client.Stop(context.Background()) }()
		ask := func(sql string, args ...any) []database.Record {
			t.Helper()
			rows, err := database.Records(t.Context(), database.Owner{DB: db}, sql, args...)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		for _, c := range []struct{ payload, queue, state, result string }{
			{`{"a":1,"b":2}`, "work", "completed", `{"key": "job-`},
			{`{"do":"fail"}`, "work", "retryable", `"error": "Error: no luck (WORKER_ERROR)"`},
			{`{"do":"spin"}`, "work", "retryable", `"error": "The function computed for longer than it may: functions.cpu_time. (WORKER_LIMIT)"`},
			{`{"do":"discard"}`, "work", "discarded", "never"},
			{`{"do":"cancel"}`, "work", "cancelled", "not now"},
			{`{"do":"retry"}`, "work", "retryable", "later"},
			{`{}`, "unknown", "retryable", "no handler"},
		} {
			id := ask(`SELECT galley.enqueue($1, $2::jsonb)`, c.queue, c.payload)[0].Text(0)
			var row database.Record
			waitFor(t, c.payload, func() bool {
				row = ask(`SELECT state, coalesce(result::text, errors::text) FROM galley.jobs WHERE id = $1::bigint`, id)[0]
				return row.Text(0) != "available" && row.Text(0) != "running"
			})
			if row.Text(0) != c.state || !strings.Contains(row.Text(1), c.result) {
				t.Errorf("%s: %s %s", c.payload, row.Text(0), row.Text(1))
			}
		}
		if n := ask(`SELECT concurrency FROM galley.queues WHERE name = 'work'`); n[0].Int(0) != 3 {
			t.Errorf("concurrency %v", n)
		}
	})
}

func TestSchedules(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		p := beginOn(t, db, map[string]string{
			"functions/nightly/index.ts": `export const schedule = { cron: "0 3 * * *", timeZone: "Europe/Berlin" };
				Deno.serve(async (req) => { console.log("ran as", req.headers.get("x-galley-schedule"), JSON.stringify(await req.json())); return new Response(null, { status: 204 }); });`,
			"functions/both/index.ts":        `export const schedule = ["@hourly", { cron: "*/5 * * * *", name: "often" }]; export const job = "both"; export default (payload) => payload;`,
			"functions/quiet/index.ts":       `export const schedule = "0 5 * * *"; export default async () => {};`,
			"functions/quiet/_middleware.ts": `export default async (req, next) => { const res = await next(); res.headers.set("x", "y"); return res }`,
			"functions/bad/index.ts":         `export const schedule = "61 * * * *"; export default () => {};`,
			"functions/fails/index.ts":       `export const schedule = "0 4 * * *"; export default () => new Response("broken", { status: 500 });`,
		})
		if err := p.service.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		list := func() string {
			rows, err := database.Records(t.Context(), database.Owner{DB: db}, `SELECT name, expression, timezone, queue, kind FROM galley.schedules ORDER BY name`)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, r := range rows {
				out = append(out, strings.Join([]string{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4)}, " "))
			}
			return strings.Join(out, "; ")
		}
		want := "function:both @hourly UTC both both; function:both:often */5 * * * * UTC both both; function:fails 0 4 * * * UTC functions function:fails; function:nightly 0 3 * * * Europe/Berlin functions function:nightly; function:quiet 0 5 * * * UTC functions function:quiet"
		if got := list(); got != want {
			t.Errorf("schedules %s", got)
		}
		run := func(name string) error {
			return p.service.Job(t.Context(), &jobs.Job{ID: 7, Queue: "functions", Kind: "function:" + name, Payload: json.RawMessage(`{"schedule":"0 3 * * *"}`)})
		}
		if err := run("nightly"); err != nil {
			t.Error(err)
		}
		if log := p.log.String(); !strings.Contains(log, `ran as nightly {\"schedule\":\"0 3 * * *\"}`) || !strings.Contains(log, `"function":"bad"`) {
			t.Errorf("log %s", log)
		}
		if err := run("quiet"); err != nil {
			t.Errorf("a run without an answer: %v", err)
		}
		if a := p.ask("POST", "/functions/v1/quiet", "{}", "Authorization", "Bearer service_role"); a.status != 204 {
			t.Errorf("a call of what does not answer: %d %s", a.status, a.body)
		}
		if err := run("fails"); err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("a run that failed: %v", err)
		}
		if err := run("gone"); err == nil {
			t.Error("a function that is gone was run")
		}
		if a := p.ask("POST", "/functions/v1/nightly", "{}"); a.status != 403 {
			t.Errorf("everyone may run it: %d", a.status)
		}
		// While it cannot be loaded it keeps its schedule; once it is gone it has none.
		write(t, p.dir, map[string]string{"functions/nightly/index.ts": "export default ("})
		if err := os.RemoveAll(filepath.Join(p.dir, "functions", "both")); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the end of both", func() bool { return !strings.Contains(list(), "both") })
		if got := list(); !strings.Contains(got, "nightly") {
			t.Errorf("schedules %s", got)
		}
	})
}

func TestRPC(t *testing.T) {
	p := begin(t, map[string]string{
		"functions/add/index.ts": `export const rpc = { args: { a: "integer", "b?": "int[]", c: { type: "timestamptz", optional: true } }, returns: "bigint", role: "authenticated", volatility: "stable" };
			export default ({ a, b = [] }, ctx) => { if (a < 0) throw Object.assign(new Error("too small"), { code: "22003", hint: "a is 0 at least" }); if (a > 100) null.x; return b.reduce((s, x) => s + x, a); };`,
		"functions/rows/index.ts": `export const rpc = { name: "list_rows", returns: [{ id: "bigint", name: "text" }] }; export default () => [{ id: 1, name: "a" }];`,
		"functions/void/index.ts": `export const rpc = { returns: "void" }; export default () => 5;`,
		"functions/who/index.ts":  `export const rpc = { returns: "text" }; export default (args, ctx) => [ctx.role, ctx.claims.sub, ctx.function].join();`,
		"functions/bad/index.ts":  `export const rpc = { args: { a: 5 } }; export default () => 5;`,
	})
	if err := p.rpc.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := p.rpc.Find("public", "add")
	if f == nil || f.Role != "authenticated" || f.Volatility != "s" || f.Result.TypeName != "int8" || f.Result.Type != "bigint" {
		t.Fatalf("add is described as %+v", f)
	}
	var args []string
	for _, a := range f.Args {
		args = append(args, fmt.Sprint(a.Name, " ", a.Type, " ", a.TypeName, " ", a.Optional))
	}
	if got := strings.Join(args, "; "); got != "a integer int4 false; b integer[] _int4 true; c timestamp with time zone timestamptz true" {
		t.Errorf("arguments %s", got)
	}
	call := func(args string) (string, error) {
		out, err := f.Call(t.Context(), database.Session{Role: "authenticated", Claims: `{"sub":"u"}`}, json.RawMessage(args))
		return string(out), err
	}
	if got, err := call(`{"a":1,"b":[2,3]}`); got != "6" || err != nil {
		t.Errorf("%s %v", got, err)
	}
	_, err := call(`{"a":-1}`)
	if e := fault.From(err); e.Code != "22003" || e.Message != "too small" || e.Hint != "a is 0 at least" {
		t.Errorf("a refusal: %v", err)
	}
	_, err = call(`{"a":101}`)
	if e := fault.From(err); e.Code != fault.InternalError || strings.Contains(e.Message+e.Detail, "null") || !strings.Contains(p.log.String(), "functions/add/index.ts") {
		t.Errorf("a mistake: %v", err)
	}
	if r := p.rpc.Find("public", "list_rows"); r == nil || !r.Result.Set || len(r.Result.Columns) != 2 || r.Result.Columns[0].TypeName != "int8" {
		t.Errorf("rows: %+v", r)
	}
	if v := p.rpc.Find("public", "void"); v == nil || !v.Result.Void {
		t.Errorf("void: %+v", v)
	}
	who, err := p.rpc.Find("public", "who").Call(t.Context(), database.Session{Role: "authenticated", Claims: `{"sub":"u"}`}, json.RawMessage(`{}`))
	if string(who) != `"authenticated,u,who"` || err != nil {
		t.Errorf("the caller, as a procedure sees it: %s %v", who, err)
	}
	if p.rpc.Find("public", "bad") != nil {
		t.Error("what makes no sense was taken")
	}
}

func TestHooks(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := database.Run(t.Context(), database.Owner{DB: db}, `CREATE TABLE prices (name text PRIMARY KEY, price integer)`); err != nil {
			t.Fatal(err)
		}
		if err := database.Run(t.Context(), database.Owner{DB: db}, `INSERT INTO prices VALUES ('a', 7)`); err != nil {
			t.Fatal(err)
		}
		p := beginOn(t, db, map[string]string{
			"functions/price/index.ts": `import { sql } from "galley";
				export const hook = { table: "orders", before: ["insert", "update"], after: "delete" };
				export default async (event) => {
					if (event.when === "after") { console.log("deleted", event.rows[0].old.id); return; }
					for (const row of event.rows) {
						if (row.new.amount < 1) throw Object.assign(new Error("nothing ordered"), { code: "23514", details: "amount" });
						if (row.new.amount > 1000) undefined.x;
						const [found] = await sql.as("service")` + "`select price from prices where name = ${row.new.name}`" + `;
						row.new.price = found.price * row.new.amount;
						row.new.who = event.role;
					}
					if (event.rows[0].new.amount === 99) return event.rows.map((row) => ({ price: 1 }));
				}`})
		if err := p.service.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		chain := p.hooks.For("public", "orders", hooks.Insert)
		if chain == nil || !chain.HasBefore(hooks.Insert) || chain.HasAfter(hooks.Insert) || !chain.HasAfter(hooks.Delete) {
			t.Fatal("the hook is not there: " + p.log.String())
		}
		session := database.Session{Role: "service_role", Claims: `{"role":"service_role"}`}
		run := func(operation string, rows ...hooks.Row) error {
			return database.InTx(t.Context(), db, session, database.TxOptions{}, func(tx database.Tx) error {
				r := chain.Begin(session)
				if operation == hooks.Delete {
					return r.After(t.Context(), tx, operation, rows)
				}
				return r.Before(t.Context(), tx, operation, rows)
			})
		}
		one := func(text string) []hooks.Row { return []hooks.Row{{New: json.RawMessage(text)}} }
		rows := one(`{"name":"a","amount":3}`)
		if err := run(hooks.Insert, rows...); err != nil {
			t.Fatal(err, p.log.String())
		}
		if got := decode(t, string(rows[0].New)); got["price"] != 21.0 || got["who"] != "service_role" {
			t.Errorf("the row is %s", rows[0].New)
		}
		rows = one(`{"name":"a","amount":99}`)
		if err := run(hooks.Update, rows...); err != nil || decode(t, string(rows[0].New))["price"] != 1.0 {
			t.Errorf("the row that was returned is %s, %v", rows[0].New, err)
		}
		if e := fault.From(run(hooks.Insert, one(`{"name":"a","amount":0}`)...)); e.Code != "23514" || e.Message != "nothing ordered" || e.Detail != "amount" {
			t.Errorf("a refusal: %v", e)
		}
		if e := fault.From(run(hooks.Insert, one(`{"name":"a","amount":1001}`)...)); e.Code != fault.InternalError {
			t.Errorf("a mistake: %v", e)
		}
		if err := run(hooks.Delete, hooks.Row{Old: json.RawMessage(`{"id":5}`)}); err != nil || !strings.Contains(p.log.String(), "deleted 5") {
			t.Errorf("after: %v", err)
		}
		// A hook that cannot be loaded any more refuses writes: nobody else checks them.
		write(t, p.dir, map[string]string{"functions/price/index.ts": `import "./gone.ts"; ` + "export const hook = { table: 'orders', before: 'insert' }; export default () => {};"})
		waitFor(t, "the reload", func() bool { return strings.Contains(p.log.String(), "gone.ts") })
		if p.hooks.For("public", "orders", hooks.Insert) == nil {
			t.Error("the hook is gone, and writes go through unchecked")
		}
	})
}

// TestHooksFromTheStart writes to a table whose hook takes a while to be loaded.
func TestHooksFromTheStart(t *testing.T) {
	p := begin(t, map[string]string{"functions/guard/index.ts": `await new Promise((r) => setTimeout(r, 3000));
		export const hook = { table: "orders", before: ["insert"] }; export default ({ rows }) => { rows[0].new.seen = true; };`})
	at, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := p.hooks.Ready(at); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("writes go through unchecked at the start: %v", err)
	}
	if err := p.hooks.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	chain := p.hooks.For("public", "orders", hooks.Insert)
	if chain == nil {
		t.Fatal("writes go through unchecked")
	}
	rows := []hooks.Row{{New: json.RawMessage(`{"id":1}`)}}
	err := database.InTx(t.Context(), p.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		if err := chain.Begin(database.Session{}).Before(t.Context(), tx, hooks.Insert, rows); err != nil {
			return err
		}
		return chain.Begin(database.Session{}).Before(t.Context(), tx, hooks.Update, []hooks.Row{{New: json.RawMessage(`{}`)}})
	})
	if err != nil || decode(t, string(rows[0].New))["seen"] != true {
		t.Errorf("%s %v", rows[0].New, err)
	}
}

// TestBrokenHookRefuses starts with a hook that cannot be loaded.
func TestBrokenHookRefuses(t *testing.T) {
	p := begin(t, map[string]string{
		"functions/guard/index.ts": `import "./gone.ts"; export const hook = { table: "public.orders", before: ["insert"] }; export default () => {};`,
		"functions/many/index.ts":  `export const hook = [{ table: 'a', after: 'insert' }, { table: "b", before: "delete" }]; export default (`,
	})
	if err := p.service.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"orders", "a", "b"} {
		chain := p.hooks.For("public", table, hooks.Insert, hooks.Update, hooks.Delete)
		if chain == nil {
			t.Errorf("writes to %s go through unchecked", table)
			continue
		}
		err := database.InTx(t.Context(), p.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			return chain.Begin(database.Session{}).Before(t.Context(), tx, hooks.Insert, []hooks.Row{{New: json.RawMessage(`{}`)}})
		})
		if e := fault.From(err); e.Code != "BOOT_ERROR" || fault.Status(e, true) != 503 {
			t.Errorf("%s: %v", table, err)
		}
	}
}

func TestLogsAndStatus(t *testing.T) {
	p := begin(t, map[string]string{
		"functions/talk/index.ts": `import { log } from "galley"; export default () => { console.log("plain", { a: 1 }); console.error("bad"); log.warn("structured", { n: 5 }); return new Response("x"); }`,
		"functions/bad/index.ts":  `export default (`,
	})
	p.want("GET", "/functions/v1/talk", "", "x", "X-Request-Id", "r-9")
	admin := func(path string) string {
		t.Helper()
		return adminAsk(t, p, "GET", path, "", "service_role").body
	}
	var lines []struct {
		Level, Message string
		RequestID      string `json:"request_id"`
		Fields         map[string]any
	}
	if err := json.Unmarshal([]byte(admin("/admin/v1/functions/talk/logs")), &lines); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 || lines[0].Message != "plain { a: 1 }" || lines[1].Level != "error" || lines[2].Fields["n"] != 5.0 || lines[2].RequestID != "r-9" {
		t.Errorf("lines %+v", lines)
	}
	if got := admin("/admin/v1/function-logs?level=error&limit=1"); !strings.Contains(got, "bad") {
		t.Errorf("errors: %s", got)
	}
	var list []struct {
		Name, Status, Error string
		Calls               struct{ Completed int }
	}
	if err := json.Unmarshal([]byte(admin("/admin/v1/functions")), &list); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s struct {
		Name, Status, Error string
		Calls               struct{ Completed int }
	}) bool {
		return s.Name == "bad"
	})
	if len(list) != 2 || list[i].Status != "failed" || !strings.Contains(list[i].Error, "index.ts") || list[1-i].Status != "ready" || list[1-i].Calls.Completed != 1 {
		t.Errorf("functions %+v", list)
	}
	if a := adminAsk(t, p, "GET", "/admin/v1/functions", "", "authenticated"); a.status != 403 {
		t.Errorf("everyone may look: %d", a.status)
	}
	if a := adminAsk(t, p, "PATCH", "/admin/v1/function-secrets", `{"A_B":"x"}`, "service_role"); a.status != 204 {
		t.Errorf("a secret: %d %s", a.status, a.body)
	}
	if got := admin("/admin/v1/function-secrets"); !strings.Contains(got, "A_B") || strings.Contains(got, `"x"`) {
		t.Errorf("secrets: %s", got)
	}
	if a := adminAsk(t, p, "DELETE", "/admin/v1/function-secrets/A_B", "", "service_role"); a.status != 204 {
		t.Errorf("no secret any more: %d %s", a.status, a.body)
	}
}
