package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host"
	"github.com/galleyhq/galley/internal/functions/host/files"
	"github.com/galleyhq/galley/internal/functions/host/secret"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
)

// fixture is the services on a database, and one call of theirs.
type fixture struct {
	*testing.T
	db       database.DB
	services *host.Services
	ops      map[string]host.Op
	log      *buffer
	mailed   []host.Mail
}

// buffer is what was logged, by any goroutine.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Send implements host.Mailer: it keeps the mail, and a row in the transaction.
func (f *fixture) Send(ctx context.Context, tx database.Querier, m host.Mail) (string, error) {
	f.mailed = append(f.mailed, m)
	return "the id", database.Run(ctx, tx, "insert into galley.settings (key, value) values ('mailed', $1)", strings.Join(m.To, ","))
}

const tables = `create table public.todos (id bigint primary key, title text not null, owner text, done boolean not null default false);
	alter table public.todos enable row level security;
	create policy mine on public.todos using (owner = nullif(current_setting('request.jwt.claims', true), '')::json->>'sub');
	grant all on public.todos to anon, authenticated, service_role;
	insert into public.todos values (1, 'hers', 'ada'), (2, 'his', 'bob');`

func onEngines(t *testing.T, change func(*host.Config), test func(f *fixture)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) { test(newFixture(t, db, change)) })
}

func newFixture(t *testing.T, db database.DB, change func(*host.Config)) *fixture {
	t.Helper()
	parts := append(host.Parts(db.Engine()), migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())})
	if err := migrate.Own(t.Context(), db, parts...); err != nil {
		t.Fatal(err)
	}
	err := database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(t.Context(), tables, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, db: db, log: &buffer{}, ops: map[string]host.Op{}}
	c := host.Config{DB: db, Mailer: f, Limits: host.Limits{Transaction: time.Minute}, Logger: slog.New(slog.NewJSONHandler(f.log, nil)),
		Secrets: secret.New(secret.Config{DB: db, Secret: "the project's", Preset: map[string]string{"SUPABASE_URL": "http://x"}})}
	if change != nil {
		change(&c)
	}
	if f.services, err = host.New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.services.Close)
	for _, list := range []map[string]host.Op{f.services.Sync(), f.services.Async()} {
		for name, op := range list {
			f.ops[name] = op
		}
	}
	return f
}

var ada = database.Session{Role: "authenticated", Claims: `{"sub":"ada","role":"authenticated"}`}

// begin begins a call for ada.
func (f *fixture) begin() (context.Context, func()) {
	return f.services.Begin(f.Context(), host.Scope{Session: ada, RequestID: "r1", Function: "hello"})
}

// do runs an operation, and gives its value as text, or its error.
func (f *fixture) do(ctx context.Context, op string, args ...engine.Value) string {
	v, err := f.ops[op](ctx, args)
	if err != nil {
		return "error " + err.Error()
	}
	return fmt.Sprint(v)
}

// sql runs a statement, and gives its rows as JSON, or the code of its error.
func (f *fixture) sql(ctx context.Context, as string, tx engine.Value, text string, values ...engine.Value) string {
	f.Helper()
	v, err := f.ops["sql.query"](ctx, append([]engine.Value{as, tx, text}, values...))
	if err != nil {
		f.Errorf("%s: thrown: %v", text, err)
		return ""
	}
	var out struct {
		Rows  json.RawMessage
		Error *struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(v.(engine.JSON)), &out); err != nil {
		f.Fatalf("%s: %v", v, err)
	}
	if out.Error != nil {
		return out.Error.Code
	}
	return string(out.Rows)
}

// owner reads as the owner.
func (f *fixture) owner(sql string) string {
	f.Helper()
	rows, err := database.Records(f.Context(), database.Owner{DB: f.db}, sql)
	if err != nil {
		f.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Text(0))
	}
	return strings.Join(out, " ")
}

func (f *fixture) want(got, want string) {
	f.Helper()
	if got != want {
		f.Errorf("%s, want %s", got, want)
	}
}

// TestSQL holds whom statements run as, what values become, and what errors say.
func TestSQL(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		f.want(f.sql(ctx, "caller", nil, "select id from todos order by id"), `[{"id":1}]`)
		f.want(f.sql(ctx, "service", nil, "select id from todos order by id"), `[{"id":1},{"id":2}]`)
		f.want(f.sql(ctx, "caller", nil, "select current_setting('request.jwt.claims', true)::json->>'sub' as sub"), `[{"sub":"ada"}]`)
		f.want(f.sql(ctx, "service", nil, "select current_setting('request.jwt.claims', true)::json->>'role' as role"), `[{"role":"service_role"}]`)
		f.want(f.sql(ctx, "owner", nil, "select 1"), fault.InvalidParameter)
		f.want(f.sql(ctx, "", nil, "select 1"), fault.InvalidParameter)
		f.want(f.sql(ctx, "caller", nil, "insert into todos values (3, 'x', 'bob')"), fault.InsufficientPrivilege)
		f.want(f.sql(ctx, "service", nil, "insert into todos values (1, 'x', 'bob')"), fault.UniqueViolation)
		f.want(f.sql(ctx, "caller", nil, "select * from galley.function_secrets"), fault.InsufficientPrivilege)
		f.want(f.sql(ctx, "caller", nil, "select 1; select 2"), fault.SyntaxError)
		f.want(f.sql(ctx, "caller", nil, "commit"), f.sql(ctx, "caller", nil, "rollback"))
		f.want(f.sql(ctx, "caller", nil,
			"select $1::int8 as i, $2::float8 as f, $3::text as t, $4::bool as b, $5::bytea as y, $6::jsonb as j, $7::int4[] as a, $8::text as n",
			float64(1e15+1), 1.5, "ü'", true, []byte{0, 255}, engine.JSON(`{"a":1}`), "{1,NULL}", nil),
			`[{"i":1000000000000001,"f":1.5,"t":"ü'","b":true,"y":"\\x00ff","j":{"a": 1},"a":[1,null],"n":null}]`)
		v, err := f.ops["sql.query"](ctx, []engine.Value{"service", nil, "insert into todos values (1, 'x', 'bob')"})
		for _, part := range []string{`"code":"23505"`, `"constraint":"todos_pkey"`, `"table":"todos"`, `"details":"Key (id)=(1) already exists."`, `"status":409`} {
			if err != nil || !strings.Contains(fmt.Sprint(v), part) {
				f.Errorf("%v, %v: want %s", v, err, part)
			}
		}
	})
}

// TestLoading holds that nothing that belongs to a call is possible without one.
func TestLoading(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		for name := range f.ops {
			switch _, err := f.ops[name](f.Context(), []engine.Value{"caller", nil, "select 1"}); name {
			case "log", "env.get", "env.all", "body.cancel", "body.end":
				if err != nil {
					f.Errorf("%s: %v", name, err)
				}
			case "sql.query", "qr": // which is pure
			case "file.read":
				if fault.Code(err) != files.NotNamed {
					f.Errorf("%s: %v", name, err)
				}
			case "ai.chat", "ai.stream", "ai.object", "ai.embed":
				if _, err := f.ops[name](f.Context(), []engine.Value{"{}"}); fault.Code(err) != fault.ObjectNotInPrerequisite {
					f.Errorf("%s: %v", name, err)
				}
			default:
				if fault.Code(err) != fault.ObjectNotInPrerequisite {
					f.Errorf("%s: %v", name, err)
				}
			}
		}
		f.want(f.sql(f.Context(), "caller", nil, "select 1"), fault.ObjectNotInPrerequisite)
		ctx, end := f.services.Begin(f.Context(), host.Scope{Function: "loaded", Loading: true})
		defer end()
		f.want(f.sql(ctx, "caller", nil, "select 1"), fault.ObjectNotInPrerequisite)
		f.want(f.do(ctx, "env.get", "SUPABASE_URL")+f.do(ctx, "log", "info", "while loading"), "http://x<nil>")
		if got := f.log.String(); !strings.Contains(got, `"msg":"while loading","function":"loaded"`) {
			f.Error(got)
		}
	})
}

func TestLimits(t *testing.T) {
	onEngines(t, func(c *host.Config) { c.Limits = host.Limits{Rows: 2, Result: 40} }, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		f.want(f.sql(ctx, "caller", nil, "select g from generate_series(1, 2) g"), `[{"g":1},{"g":2}]`)
		f.want(f.sql(ctx, "caller", nil, "select g from generate_series(1, 3) g"), "54000")
		f.want(f.sql(ctx, "caller", nil, "select repeat('x', 50) as g"), "54000")
	})
}

// TestTransaction commits, rolls back, and keeps what is outside of it out.
func TestTransaction(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		begin := func(options string) engine.Value {
			id, err := f.ops["tx.begin"](ctx, []engine.Value{options})
			if err != nil {
				f.Fatal(err)
			}
			return id
		}
		tx := begin(`{}`)
		f.want(f.sql(ctx, "caller", tx, "update todos set title = 'new' where true returning id"), `[{"id":1}]`)
		f.want(f.sql(ctx, "service", tx, "update todos set done = true where true"), "[]")
		f.want(f.sql(ctx, "caller", tx, "select id, title from todos"), `[{"id":1,"title":"new"}]`)
		// Whatever would wait for the writer, or see less than the transaction, is refused.
		f.want(f.sql(ctx, "caller", nil, "select 1"), fault.ActiveTransaction)
		for _, op := range []string{"tx.begin", "cache.set", "cache.increment", "cache.delete"} {
			if _, err := f.ops[op](ctx, []engine.Value{`{}`, "1", 60.0}); fault.Code(err) != fault.ActiveTransaction {
				f.Errorf("%s: %v", op, err)
			}
		}
		f.want(f.do(ctx, "cache.get", "k"), "<nil>")
		f.want(f.do(ctx, "tx.rollback", tx), "<nil>")
		f.want(f.owner("select title || done from todos where id = 1"), "hersfalse")
		f.want(f.sql(ctx, "caller", tx, "select 1"), fault.NoActiveTransaction)
		f.want(f.do(ctx, "tx.commit", tx), "error the transaction has ended (25P01)")

		tx = begin(`{"as":"service"}`)
		f.want(f.sql(ctx, "service", tx, "update todos set done = true where true"), "[]")
		f.want(f.sql(ctx, "caller", tx, "select id from todos"), `[{"id":1}]`)
		f.want(f.sql(ctx, "service", tx, "select count(*) as n from todos"), `[{"n":2}]`)
		f.want(f.do(ctx, "tx.commit", tx), "<nil>")
		f.want(f.owner("select count(*) from todos where done"), "2")

		tx = begin(`{"readOnly":true}`)
		f.want(f.sql(ctx, "caller", tx, "delete from todos"), fault.ReadOnlyTransaction)
		f.want(f.sql(ctx, "caller", tx, "select 1"), fault.InFailedTransaction)
		if got := f.do(ctx, "tx.commit", tx); !strings.Contains(got, "25P02") {
			f.Errorf("the commit of a failed one: %s", got)
		}
		f.want(f.sql(ctx, "caller", nil, "select 1 as a"), `[{"a":1}]`)
		for _, options := range []string{`{"as":"owner"}`, `{"timeout":0}`, `{"timeout":-1}`, `{"isolation":"x"}`, `[]`} {
			if _, err := f.ops["tx.begin"](ctx, []engine.Value{options}); fault.Code(err) != fault.InvalidParameter {
				f.Errorf("%s: %v", options, err)
			}
		}
	})
}

// TestTransactionEnds holds that a transaction ends at its time and with its call,
// and that others can write then.
func TestTransactionEnds(t *testing.T) {
	onEngines(t, func(c *host.Config) { c.Limits.Transaction = 3 * time.Second }, func(f *fixture) {
		ctx, end := f.begin()
		tx, err := f.ops["tx.begin"](ctx, []engine.Value{`{"as":"service","timeout":100}`})
		if err != nil {
			f.Fatal(err)
		}
		f.want(f.sql(ctx, "service", tx, "update todos set title = 'late' where id = 1"), "[]")
		f.write("todos set title = 'in time' where id = 1")
		f.want(f.owner("select title from todos where id = 1"), "in time")
		if got := f.sql(ctx, "service", tx, "select 1"); got != fault.NoActiveTransaction && got != fault.IdleTransactionTimeout {
			f.Errorf("a statement after the deadline: %s", got)
		}
		f.want(f.sql(ctx, "caller", nil, "select 1 as a"), `[{"a":1}]`)
		if tx, err = f.ops["tx.begin"](ctx, []engine.Value{`{"as":"service"}`}); err != nil {
			f.Fatal(err)
		}
		f.want(f.sql(ctx, "service", tx, "update todos set title = 'ended' where id = 1"), "[]")
		end()
		f.write("todos set done = true where id = 1")
		f.want(f.owner("select title from todos where id = 1"), "in time")
	})
}

// write updates as the owner: on the embedded engine it waits for the writer.
func (f *fixture) write(set string) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 20*time.Second)
	defer cancel()
	if err := database.Run(ctx, database.Owner{DB: f.db}, "update "+set); err != nil {
		f.Fatal(err)
	}
}

// TestParallel has one transaction at a time use the connection, and refuses the
// second transaction, however they come.
func TestParallel(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		tx, err := f.ops["tx.begin"](ctx, []engine.Value{`{"as":"service"}`})
		if err != nil {
			f.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				as := []string{"caller", "service"}[i%2]
				want := []string{`[{"n":1}]`, `[{"n":2}]`}[i%2]
				f.want(f.sql(ctx, as, tx, "select count(*) as n from todos"), want)
				if _, err := f.ops["tx.begin"](ctx, []engine.Value{`{}`}); fault.Code(err) != fault.ActiveTransaction {
					f.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		f.want(f.do(ctx, "tx.commit", tx), "<nil>")
	})
}

// TestEnqueue has jobs and mail share the fate of the transaction they are in.
func TestEnqueue(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		id := f.do(ctx, "enqueue", "q", `{"a":1}`, `{"priority":1,"delay":60,"uniqueKey":"u","maxAttempts":3}`)
		f.want(f.do(ctx, "enqueue", "q", nil, `{"uniqueKey":"u"}`), id)
		f.want(f.owner("select queue || payload::text || priority || max_attempts || state from galley.jobs"), `q{"a": 1}13scheduled`)
		for _, commit := range []bool{false, true} {
			tx, err := f.ops["tx.begin"](ctx, []engine.Value{`{}`})
			if err != nil {
				f.Fatal(err)
			}
			if got := f.do(ctx, "enqueue", "in", "[1]", ""); strings.HasPrefix(got, "error") {
				f.Error(got)
			}
			f.want(f.do(ctx, "mail.send", `{"to":["a@example.org"],"subject":"s","text":"t","attachments":[{"name":"a","content":"AQI="}]}`), "the id")
			f.want(f.sql(ctx, "caller", tx, "select id from todos"), `[{"id":1}]`) // the caller's again
			if !commit {
				f.want(f.do(ctx, "tx.rollback", tx), "<nil>")
				f.want(f.owner("select count(*) from galley.jobs where queue = 'in'")+f.owner("select value from galley.settings where key = 'mailed'"), "0")
				continue
			}
			f.want(f.do(ctx, "tx.commit", tx), "<nil>")
			f.want(f.owner("select payload::text from galley.jobs where queue = 'in'"), "[1]")
			f.want(f.owner("select value from galley.settings where key = 'mailed'"), "a@example.org")
		}
		if m := f.mailed[0]; m.Subject != "s" || string(m.Attachments[0].Content) != "\x01\x02" {
			f.Errorf("%+v", m)
		}
		for _, bad := range [][]engine.Value{{"", "1"}, {"q", "1", `{"priorty":1}`}, {"q", "1", `{"runAt":"soon"}`}, {"q", `"` + strings.Repeat("x", 1<<20) + `"`}} {
			if _, err := f.ops["enqueue"](ctx, bad); fault.Code(err) != fault.InvalidParameter {
				f.Errorf("%.100v: %v", bad, err)
			}
		}
		if _, err := f.ops["mail.send"](ctx, []engine.Value{`{"too":"x"}`}); fault.Code(err) != fault.InvalidParameter {
			f.Error(err)
		}
	})
}

// TestHook runs sql in the hook's transaction, and refuses what reaches out of it.
func TestHook(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		tx, err := f.db.Begin(f.Context(), ada, database.TxOptions{})
		if err != nil {
			f.Fatal(err)
		}
		ctx, end := f.services.Begin(f.Context(), host.Scope{Session: ada, Tx: tx, Function: "prices"})
		f.want(f.sql(ctx, "caller", nil, "update todos set title = 'hooked' where true returning id"), `[{"id":1}]`)
		f.want(f.sql(ctx, "service", nil, "select title from todos where id = 1"), `[{"title":"hooked"}]`)
		if got := f.do(ctx, "enqueue", "hooked", "1", ""); strings.HasPrefix(got, "error") {
			f.Error(got)
		}
		f.want(f.do(ctx, "mail.send", `{"to":["a@example.org"],"subject":"s","text":"t"}`), "the id")
		f.want(f.sql(ctx, "caller", nil, "select count(*) as n from todos"), `[{"n":1}]`)
		f.want(f.do(ctx, "env.get", "SUPABASE_URL"), "http://x")
		for _, op := range []string{"fetch", "ai.chat", "ai.stream", "ai.object", "ai.embed", "cache.set", "cache.delete", "cache.increment", "tx.begin"} {
			if _, err := f.ops[op](ctx, []engine.Value{`{}`, "1", 60.0}); fault.Code(err) != fault.ActiveTransaction {
				f.Errorf("%s: %v", op, err)
			}
		}
		end()
		if err := tx.Commit(f.Context()); err != nil { // which is not the call's to end
			f.Fatal(err)
		}
		f.want(f.owner("select title from todos where id = 1")+f.owner("select count(*) from galley.jobs"), "hooked1")
	})
}

// TestCalls holds that calls know nothing of each other's handles and transactions.
func TestCalls(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		one, endOne := f.begin()
		two, endTwo := f.services.Begin(f.Context(), host.Scope{RequestID: "r2"})
		defer endTwo()
		tx, err := f.ops["tx.begin"](one, []engine.Value{`{}`})
		if err != nil {
			f.Fatal(err)
		}
		f.want(f.sql(two, "caller", tx, "select 1"), fault.NoActiveTransaction)
		f.want(f.sql(two, "caller", nil, "select coalesce(current_setting('request.jwt.claims', true), '') as c, count(*) as n from todos"), `[{"c":"","n":0}]`)
		endOne()
		endOne()
		if got := f.sql(one, "caller", tx, "select 1"); got == "" || strings.HasPrefix(got, "[") {
			f.Errorf("after the end: %s", got)
		}
		if got := f.do(one, "tx.begin", "{}"); !strings.Contains(got, "ended") {
			f.Error(got)
		}
	})
}

func TestLog(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), func(c *host.Config) { c.Limits.Log = 20_000 })
	ctx, end := f.begin()
	defer end()
	f.do(ctx, "log", "warn", "hello\n{}", `{"b":1,"a":{"x":[true]},"level":"mine"}`)
	var line struct {
		Level, Msg, Function, Source string
		RequestID                    string `json:"request_id"`
		Fields                       map[string]any
	}
	if err := json.Unmarshal([]byte(f.log.String()), &line); err != nil {
		t.Fatal(err, f.log)
	}
	f.want(fmt.Sprint(line), "{WARN hello\n{} hello function r1 map[a:map[x:[true]] b:1 level:mine]}")
	f.do(ctx, "log", "loud", strings.Repeat("x", 10_000), strings.Repeat("[", 100))
	if got := f.log.String(); !strings.Contains(got, "(1808 bytes more)") || strings.Count(got, "\n") != 2 {
		t.Errorf("a long line: %.300s", got)
	}
	for range 100 {
		f.do(ctx, "log", "info", strings.Repeat("y", 1000), nil)
	}
	if got := f.log.String(); len(got) > 40_000 || strings.Count(got, "the rest is dropped") != 1 {
		t.Errorf("%d bytes were logged", len(got))
	}
	f.do(t.Context(), "log", "info", "while loading", nil)
	if got := f.log.String(); !strings.Contains(got, "while loading") {
		t.Error("what is logged while a function is loaded is lost")
	}
}

func TestEnv(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	f.want(f.do(t.Context(), "env.get", "SUPABASE_URL"), "http://x")
	f.want(f.do(t.Context(), "env.get", "NOT_THERE"), "<nil>")
	f.want(f.do(t.Context(), "env.all"), `{"SUPABASE_URL":"http://x"}`)
}

func TestCacheOps(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		ctx, end := f.begin()
		defer end()
		f.want(f.do(ctx, "cache.set", "k", `{"a":null}`, 60.0), "<nil>")
		f.want(f.do(ctx, "cache.get", "k"), `{"value":{"a":null}}`)
		f.want(f.do(ctx, "cache.increment", "n", 2.0, 60.0)+f.do(ctx, "cache.increment", "n", -3.0, 60.0), "2-1")
		f.want(f.do(ctx, "cache.delete", "k")+f.do(ctx, "cache.delete", "k"), "truefalse")
		for _, by := range []float64{1.5, 1e300} {
			if _, err := f.ops["cache.increment"](ctx, []engine.Value{"n", by, 60.0}); fault.Code(err) != fault.InvalidParameter {
				f.Errorf("%v: %v", by, err)
			}
		}
		if _, err := f.ops["cache.set"](ctx, []engine.Value{"k", "1", 1e300}); fault.Code(err) != fault.InvalidParameter {
			f.Error(err)
		}
	})
}
