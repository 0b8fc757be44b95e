package host_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick"
	"github.com/galleyhq/galley/internal/functions/host"
	"github.com/galleyhq/galley/internal/functions/host/ai"
	"github.com/galleyhq/galley/internal/functions/loop"
	"github.com/galleyhq/galley/internal/functions/web"
	"github.com/galleyhq/galley/internal/outgoing"
)

// modules hands module galley and Deno.env to the scripts of these tests.
const modules = `exports.modules.galley = exports.galley; exports.modules.env = exports.env;`

// scripts is a fixture whose operations a real script calls.
type scripts struct {
	*fixture
	maker *loop.Maker
	own   engine.Program
	vm    engine.Engine
}

func newScripts(f *fixture) *scripts {
	f.Helper()
	source, err := web.Source(web.File{Name: "galley", Source: host.Script}, web.File{Name: "test", Source: modules})
	if err != nil {
		f.Fatal(err)
	}
	s := &scripts{fixture: f, vm: &quick.Engine{}}
	if s.own, err = s.vm.Compile("own", source); err != nil {
		f.Fatal(err)
	}
	if s.maker, err = loop.NewMaker(s.vm); err != nil {
		f.Fatal(err)
	}
	return s
}

// run runs the body of an async function, and gives what it returns as text, or the
// error it throws. It sees all of module galley.
func (s *scripts) run(scope host.Scope, body string) string {
	s.Helper()
	program, err := s.vm.Compile("test", "const {sql, SqlError, transaction, enqueue, mail, secrets, log, cache, cached, limit, LimitError, qr, ai, AiError, stripe, StripeError, shipping, ShippingError} = __modules.galley; const Deno = {env: __modules.env};"+
		"globalThis.main = async () => { const v = await (async () => {"+body+"\n})(); return typeof v === 'string' ? v : JSON.stringify(v); };")
	if err != nil {
		s.Fatal(err)
	}
	ops := loop.Ops{Sync: maps.Clone(s.services.Sync()), Quick: s.services.Quick(), Async: s.services.Async()}
	maps.Copy(ops.Sync, web.Operations())
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	l, err := s.maker.New(ctx, loop.Limits{Limits: engine.Limits{Memory: 64 << 20}}, ops, []engine.Program{s.own}, program)
	if err != nil {
		s.Fatal(err)
	}
	defer l.Close()
	ctx, end := s.services.Begin(ctx, scope)
	defer end()
	v, err := l.Call(ctx, "main")
	if err != nil {
		return "thrown " + err.Error()
	}
	return fmt.Sprint(v)
}

func onScripts(t *testing.T, change func(*host.Config), test func(s *scripts)) {
	onEngines(t, change, func(f *fixture) { test(newScripts(f)) })
}

var forAda = host.Scope{Session: ada, RequestID: "r1", Function: "hello"}

// TestScriptSQL calls module galley as functions do.
func TestScriptSQL(t *testing.T) {
	onScripts(t, nil, func(s *scripts) {
		for body, want := range map[string]string{
			"return await sql`select id, title from todos where id = ${1}`":                                                                                                               `[{"id":1,"title":"hers"}]`,
			"return await sql.as('service')`select id from todos order by id`":                                                                                                            `[{"id":1},{"id":2}]`,
			"return await sql.as('service').as('caller')`select id from todos`":                                                                                                           `[{"id":1}]`,
			"const w = sql`where id = ${1}`; return await sql`select ${sql(['id', 'title'])} from ${sql('todos')} ${w}`":                                                                  `[{"id":1,"title":"hers"}]`,
			"return await sql`select ${[1, null, 3]}::int4[] as a, ${['a\"b', 'c\\\\', null]}::text[] as b`":                                                                              `[{"a":[1,null,3],"b":["a\"b","c\\",null]}]`,
			"return await sql`select ${sql.json([1, {a: 'x'}])}::jsonb as j, ${{a: 1n}}::jsonb as o`":                                                                                     `[{"j":[1,{"a":"x"}],"o":{"a":"1"}}]`,
			"return await sql`select ${new Date(0)}::timestamptz as t, ${9007199254740993n}::int8 as n`":                                                                                  `[{"t":"1970-01-01T00:00:00+00:00","n":"9007199254740993"}]`,
			"const [r] = await sql`select ${new Uint8Array([0, 255])}::bytea as b, null::bytea as n, '\\\\x'::bytea as e`; return [r.b instanceof Uint8Array, [...r.b], r.n, r.e.length]": `[true,[0,255],null,0]`,
			"return await sql`select ${null}::text as n, ${true}::bool as t, ${1.5}::float8 as f, ${-0}::int4 as z`":                                                                      `[{"n":null,"t":true,"f":1.5,"z":0}]`,
			"return await sql`select ${\"'; drop table todos; --\"}::text as t`":                                                                                                          `[{"t":"'; drop table todos; --"}]`,
			"return await sql`select ${1}::int4 as ${sql('a\"b')}`":                                                                                                                       `[{"a\"b":1}]`,
			"return await sql.query('select $1::int4 + $2::int4 as s', [1, 2])":                                                                                                           `[{"s":3}]`,
			"const r = await sql`select 1 as a where false`; return [r.length, r.count, r.command, r.columns]":                                                                            `[0,0,"SELECT",[{"name":"a","type":"int4"}]]`,
			"return await transaction(async (tx) => { const r = await tx`insert into todos ${sql.values([{id: 10, title: 'x', owner: 'ada'}, {id: 11, title: 'y', owner: null}])}`; " +
				"const u = await tx`update todos set ${sql.set({title: 'z', owner: undefined})} where id in (${sql.join([10, 11])}) and ${sql.join([sql`done = false`, sql`title <> ${'q'}`], ' and ')}`; " +
				"const d = await tx`delete from todos where title = ${'z'}`; return [r.count, r.command, u.count, u.length, d.count] }, {as: 'service'})": `[2,"INSERT",2,0,2]`,
			"const q = sql`select random()`; const [a] = await q; const [b] = await q; return a === b || a.random === b.random":                                                                                                                           `true`,
			"return await new Promise((resolve, reject) => { sql`select 1 as a`.then(resolve).then((x) => { if (x !== undefined) reject(x) }, reject).catch(reject) })":                                                                                   `[{"a":1}]`,
			"return [await sql`select 1 as a`.then((r) => r[0].a), await sql`select 2 as a`.finally(() => 3), await sql`select 1 / 0`.catch((e) => e.code), await sql`select 1 as a`.then(() => { throw 'thrown in then' }, () => 'no').catch((e) => e)]": `[1,[{"a":2}],"22012","thrown in then"]`,
			"await sql`select ${undefined}`":                     "thrown TypeError: sql: a value is undefined; use null for NULL",
			"await sql`select ${() => 1}`":                       "thrown TypeError: sql: a value is function; use null for NULL",
			"await sql`select ${sql('')}`":                       "thrown TypeError: sql: an identifier is a text that is not empty",
			"sql(5)":                                             "thrown TypeError: sql is a tag of a template, or takes the names of identifiers: sql`…`, sql(\"name\"), sql([\"a\", \"b\"])",
			"sql.as('owner')":                                    `thrown TypeError: sql.as: "service" or "caller"`,
			"sql`not run, because nobody awaits it`; return 'x'": "x",
			"try { await sql.as('service')`insert into todos values (1, 'x')` } catch (e) { return [e instanceof SqlError, e instanceof Error, e.name, e.code, e.details, e.constraint, e.table, e.status, /main|test/.test(e.stack)] }": `[true,true,"SqlError","23505","Key (id)=(1) already exists.","todos_pkey","todos",409,true]`,
		} {
			for range 3 { // a statement that was quick before runs at once
				if got := s.run(forAda, body); got != want {
					s.Errorf("%s: %s, want %s", body, got, want)
				}
			}
		}
		for _, body := range []string{"await sql`select * from nowhere`", "return sql`select * from nowhere`", "await sql`select * from nowhere`.catch((e) => { throw e })",
			"await sql`select * from nowhere`.finally(() => 1)", "const q = sql`select * from nowhere`; try { await q } catch {} await q", "await sql`select 1 from nowhere`.then(() => 1)"} {
			for range 3 {
				if got := s.run(forAda, body); !strings.HasPrefix(got, "thrown SqlError: ") || !strings.Contains(got, "nowhere") {
					s.Errorf("%s: %s", body, got)
				}
			}
		}
	})
}

// TestQuick runs reads at once that were quick before: on the embedded engine, and
// outside of transactions only.
func TestQuick(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		const read, write = "select title from todos", "update todos set title = title"
		at := func(text string) string {
			v, err := f.services.Quick()["sql.now"](ctx, []engine.Value{"caller", text})
			if err != nil {
				f.Fatal(err)
			}
			return fmt.Sprint(v)
		}
		f.want(at(read), "<nil>") // nobody knows yet
		want, got := fmt.Sprintf(`{"rows":%s,"columns":"[[\"title\",\"text\"]]","tag":"SELECT 1"}`, f.sql(ctx, "caller", nil, read)), ""
		for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); {
			f.sql(ctx, "caller", nil, read)
			f.sql(ctx, "caller", nil, write)
			f.want(at(write), "<nil>")
			if got = at(read); f.db.Engine() == "postgres" {
				want = "<nil>"
			}
		}
		f.want(got, want)
		tx := f.ops["tx.begin"]
		if _, err := tx(ctx, []engine.Value{"{}"}); err != nil {
			f.Fatal(err)
		}
		f.want(at(read), "<nil>")
	})
}

func TestScriptTransaction(t *testing.T) {
	onScripts(t, nil, func(s *scripts) {
		for _, c := range []struct{ body, want, titles string }{
			{"return await transaction(async (tx) => { await tx`update todos set title = ${'a'} where true`; return (await tx`select title from todos`)[0].title })", "a", "a his"},
			{"await transaction(async (tx) => { await tx`update todos set title = 'b' where true`; throw new RangeError('no') })", "thrown RangeError: no", "a his"},
			{"await transaction(async (tx) => { await tx.as('service')`update todos set title = 'c' where true`; await tx`select title from todos` })", "undefined", "c c"},
			{"await transaction(async (tx) => tx`update todos set title = 'd' where true`, {as: 'service'})", "undefined", "d d"},
			{"await transaction({as: 'service'}, (tx) => tx`update todos set title = 'e' where id = 2`)", "undefined", "d e"},
			{"await transaction(async (tx) => { try { await tx`select 1/0` } catch {} })", "thrown SqlError", "d e"},
			{"await transaction(async (tx) => { await tx`update todos set title = 'f' where true`; await sql`select 1` })", "thrown SqlError: sql runs outside of the transaction", "d e"},
			{"await transaction(async (tx) => { await transaction(async () => {}) })", "thrown SqlError: the call has a transaction open", "d e"},
			{"let refused = 0, both; const over = new Promise((r) => { both = r }); " +
				"const all = await Promise.allSettled([1, 2, 3].map(() => transaction(() => over).catch((e) => { if (++refused === 2) both(); throw e }))); return all.map((r) => r.status).sort()", `["fulfilled","rejected","rejected"]`, "d e"},
			{"let kept; await transaction(async (tx) => { kept = tx }); await kept`select 1`", "thrown SqlError: the transaction has ended", "d e"},
			{"await transaction(async (tx) => { await cache.set('a', 1) })", "thrown SqlError: cache.set is not possible while a transaction", "d e"},
			{"await transaction(async (tx) => { await ai.chat('x') })", "thrown AiError: ai is not possible while a transaction", "d e"},
			{"await transaction(5)", "thrown TypeError: transaction: a function", "d e"},
			{"await transaction(async (tx) => tx`delete from todos`, {readOnly: true})", "thrown SqlError", "d e"},
		} {
			body := c.body
			if c.want == "undefined" {
				body, c.want = body+"; return 'undefined'", "undefined"
			}
			if got := s.run(forAda, body); !strings.HasPrefix(got, c.want) {
				s.Errorf("%s: %s, want %s", c.body, got, c.want)
			}
			s.want(s.owner("select title from todos order by id"), c.titles)
		}
	})
}

// TestScriptLate ends the transaction of a function that takes its time, and lets
// others write.
func TestScriptLate(t *testing.T) {
	onScripts(t, func(c *host.Config) { c.Limits.Transaction = 300 * time.Millisecond }, func(s *scripts) {
		got := s.run(forAda, "await transaction(async (tx) => { await tx`update todos set title = 'late' where true`; await new Promise((r) => setTimeout(r, 2000)); await tx`select 1` })")
		if !strings.HasPrefix(got, "thrown SqlError: the transaction has ended") && !strings.HasPrefix(got, "thrown SqlError: the transaction took longer than") {
			s.Error(got)
		}
		s.want(s.owner("select title from todos where id = 1"), "hers")
	})
}

func TestScriptServices(t *testing.T) {
	onScripts(t, nil, func(s *scripts) {
		for _, c := range []struct{ body, want string }{
			{"const id = await enqueue('q', {a: 1}, {runAt: new Date(Date.now() + 60000), uniqueKey: 'u'}); return [typeof id, id === await enqueue('q', {}, {uniqueKey: 'u'})]", `["number",true]`},
			{"await transaction(async (tx) => { await enqueue('gone', 1); throw new Error('x') })", "thrown Error: x"},
			{"await enqueue('', 1)", "thrown SqlError: a job needs a queue"},
			{"await enqueue('q', 1, {prio: 1})", `thrown SqlError: the options of a job: unknown field "prio"`},
			{"return await mail.send({to: 'a@example.org', cc: ['b@example.org'], subject: 's', text: 't', headers: {'X-A': 'b'}, attachments: [{name: 'a.txt', content: 'hé'}]})", "the id"},
			{"return [secrets.get('SUPABASE_URL'), secrets.get('X') === undefined, Deno.env.get('SUPABASE_URL'), Deno.env.has('X'), Deno.env.toObject()]", `["http://x",true,"http://x",false,{"SUPABASE_URL":"http://x"}]`},
			{"Deno.env.set('A', 'b')", "thrown TypeError: Deno.env cannot be written"},
			{"await cache.set('k', {a: [1, 'ü']}, {ttl: 60}); return [await cache.get('k'), (await cache.get('none')) === undefined, await cache.increment('n'), await cache.increment('n', 4, 60), await cache.delete('k'), await cache.delete('k')]", `[{"a":[1,"ü"]},true,1,5,true,false]`},
			{"let made = 0; const make = async () => ++made; return [await cache.remember('r', 60, make), await cache.remember('r', 60, make)]", "[1,1]"},
			{"await cache.set('k', null); return [await cache.get('k')]", "[null]"},
			{"await cache.set('k', 1, -5)", "thrown SqlError: a value is kept in the cache"},
			{"try { await ai.chat('x') } catch (e) { return [e instanceof AiError, e.code] }", `[true,"not_configured"]`},
			{"log.warn('careful', {n: 1n, error: new TypeError('t')}); log('debug', 'd'); console.log('a', {b: 1}); return 'x'", "x"},
			{"return Object.keys(globalThis).includes('__host')", "false"},
		} {
			if got := s.run(forAda, c.body); !strings.HasPrefix(got, c.want) {
				s.Errorf("%s: %s, want %s", c.body, got, c.want)
			}
		}
		s.want(s.owner("select queue from galley.jobs"), "q")
		if m := s.mailed[0]; m.To[0] != "a@example.org" || m.Cc[0] != "b@example.org" || string(m.Attachments[0].Content) != "hé" || m.Headers[0].Name+m.Headers[0].Value != "X-Ab" {
			s.Errorf("%+v", m)
		}
		for _, part := range []string{`"careful"`, `"request_id":"r1"`, `"n":"1"`, `"name":"TypeError"`, `a {`} {
			if !strings.Contains(s.log.String(), part) {
				s.Errorf("the log has no %s: %s", part, s.log)
			}
		}
	})
}

// TestScriptHook computes a price in a hook's transaction, and can do nothing else.
func TestScriptHook(t *testing.T) {
	onScripts(t, nil, func(s *scripts) {
		tx, err := s.db.Begin(s.Context(), ada, database.TxOptions{})
		if err != nil {
			s.Fatal(err)
		}
		scope := host.Scope{Session: ada, Tx: tx}
		for body, want := range map[string]string{
			"await sql`update todos set title = 'hook' where true`; return (await sql.as('service')`select title from todos where id = 1`)[0].title": "hook",
			"await transaction(async () => {})": "thrown SqlError: a hook runs in a transaction already",
			"await fetch('http://example.org')": "thrown",
			"await cache.increment('n')":        "thrown SqlError: cache.increment is not possible in a hook",
		} {
			if got := s.run(scope, body); !strings.HasPrefix(got, want) {
				s.Errorf("%s: %s, want %s", body, got, want)
			}
		}
		if err := tx.Rollback(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.want(s.owner("select title from todos where id = 1"), "hers")
	})
}

// TestScriptCalls fetches and asks a model, as functions do.
func TestScriptCalls(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.URL.Path == "/v1/embeddings":
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":1,"total_tokens":1}}`)
		case strings.Contains(string(body), `"stream":true`):
			_, _ = io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
		case strings.Contains(string(body), "json_schema"):
			_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"{\"n\":1}"},"finish_reason":"stop"}],"usage":{"total_tokens":1}}`)
		case r.URL.Path == "/v1/chat/completions":
			_, _ = io.WriteString(w, `{"model":"m","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`)
		default:
			w.Header().Set("X-Got", r.Header.Get("X-Sent"))
			_, _ = w.Write(append([]byte(r.Method+" "), body...))
		}
	}))
	t.Cleanup(server.Close)
	allow := outgoing.Config{Allow: []string{outgoing.Endpoint(server.URL)}}
	guard, err := outgoing.New(allow)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	change := func(c *host.Config) {
		c.Guard = allow
		if c.AI, err = ai.New(ai.Config{BaseURL: server.URL + "/v1", Model: "m", EmbedModel: "e", DB: c.DB, Guard: guard}); err != nil {
			t.Fatal(err)
		}
	}
	onScripts(t, change, func(s *scripts) {
		for body, want := range map[string]string{
			"const r = await fetch('" + server.URL + "/x', {method: 'POST', body: 'é', headers: {'x-sent': 'y'}}); return [r.status, r.headers.get('x-got'), await r.text()]": `[200,"y","POST é"]`,
			"await fetch('http://127.0.0.1:22/')":                                                  "thrown",
			"return await ai.chat({system: 's', prompt: 'p'})":                                     `{"text":"hi","finishReason":"stop","model":"m","usage":{"promptTokens":1,"completionTokens":2,"totalTokens":3}}`,
			"let all = ''; for await (const part of ai.stream('p')) all += part + '.'; return all": "a.b.",
			"const s = await ai.chat({prompt: 'p', stream: true}); await s.next(); const r = []; let n; while (!(n = await s.next()).done) r.push(n.value); return [r, n.value.finishReason]": `[["b"],"stop"]`,
			"for await (const part of ai.stream('p')) return part":                                                         "a",
			"return (await ai.object({prompt: 'p', schema: {type: 'object', properties: {n: {type: 'integer'}}}})).object": `{"n":1}`,
			"try { await ai.object({prompt: 'p', schema: {type: 'array'}}) } catch (e) { return [e.code, e.details] }":     `["invalid_output","{\"n\":1}"]`,
			"return await ai.embed('x')":                  `{"embedding":[1,2],"usage":{"promptTokens":1,"completionTokens":0,"totalTokens":1}}`,
			"return (await ai.embed(['x'])).embeddings":   "[[1,2]]",
			"await ai.chat({})":                           "thrown AiError: messages are a list",
			"await ai.chat({prompt: 'x', temprature: 1})": `thrown AiError: the request: unknown field "temprature"`,
		} {
			if got := s.run(forAda, body); !strings.HasPrefix(got, want) {
				s.Errorf("%s: %s, want %s", body, got, want)
			}
		}
	})
}
