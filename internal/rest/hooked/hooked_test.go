package hooked_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/rest"
)

// shop is a table whose price nobody but a hook may set.
const shop = `create table public.stock (item text primary key, price numeric(10,2) not null, left_over integer not null check (left_over >= 0));
	insert into public.stock values ('tea', 3.50, 10), ('milk', 1.20, 1);
	create table public.orders (id uuid primary key default gen_random_uuid(), owner uuid not null default auth.uid(), item text not null,
		qty integer not null default 1, price numeric(10,2) not null, total numeric generated always as (price * qty) stored, note text, secret text);
	create table public.journal (id bigint generated always as identity primary key, line text);
	alter table public.orders enable row level security;
	create policy own on public.orders to authenticated using (owner = auth.uid() and note is distinct from 'hidden')
		with check (owner = auth.uid() and price < 100 and total < 1000);
	revoke all on public.orders, public.stock, public.journal from anon, authenticated;
	grant select, delete, insert (id, owner, item, qty, note), update (item, qty, note) on public.orders to authenticated;
	grant all on public.orders, public.stock, public.journal to service_role;`

// world is a served database with hooks on its orders.
type world struct {
	*testing.T
	db       database.DB
	registry *hooks.Registry
	h, api   http.Handler
}

func onEngines(t *testing.T, setup string, test func(w *world)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		script(t, db, setup)
		r := hooks.NewRegistry(hooks.Limits{Time: time.Minute, Rows: 50})
		c := rest.Config{DB: db, AnonRole: "anon", AllowTxRollback: true, Hooks: r}
		test(&world{t, db, r, rest.New(c), rest.NewResources(c, rest.ResourceConfig{DB: db, AnonRole: "anon", Hooks: r,
			SearchPath: []string{"public", "extensions"}})})
	})
}

// want asks and compares status and body; a body may hold more than part.
func (w *world) want(role, method, target, body string, status int, part string, headers ...string) {
	w.Helper()
	h := w.h
	if strings.HasPrefix(target, "/api/") {
		h = w.api
	}
	got := ask(h, role, method, target, body, headers...)
	if got.Code != status || !strings.Contains(got.Body.String(), part) {
		w.Errorf("%s %s %s: %d %s\n want %d %s", method, target, body, got.Code, got.Body, status, part)
	}
}

func (w *world) rows(sql, want string) {
	w.Helper()
	if got := strings.TrimSpace(text(w.T, w.db, sql)); got != want {
		w.Errorf("%s:\n got  %s\n want %s", sql, got, want)
	}
}

type object map[string]any

// edit changes a row by a function.
func edit(raw json.RawMessage, fn func(o object)) json.RawMessage {
	o := object{}
	if err := json.Unmarshal(raw, &o); err != nil {
		panic(err)
	}
	fn(o)
	out, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return out
}

func service(ctx context.Context, tx database.Tx) error {
	return tx.SetSession(ctx, database.Session{Role: "service_role"})
}

// pricing takes the price from the stock, which it counts down, and refuses what is
// not there.
func pricing(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	if err := service(ctx, tx); err != nil || e.Operation == hooks.Delete {
		return err
	}
	for i := range e.Rows {
		var o struct {
			Item string
			Qty  int
		}
		if err := json.Unmarshal(e.Rows[i].New, &o); err != nil {
			return err
		}
		found, err := database.Records(ctx, tx, "update public.stock set left_over = left_over - $2 where item = $1 and left_over >= $2 returning price", o.Item, o.Qty)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New("P0001", "%s is out of stock", o.Item).WithDetail("asked for %d", o.Qty).WithHint("Order less.").WithStatus(409)
		}
		e.Rows[i].New = edit(e.Rows[i].New, func(m object) { m["price"] = json.Number(found[0].Text(0)); m["secret"] = "by hook" })
	}
	return nil
}

// journal writes down what it sees after a write.
func journal(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	if err := service(ctx, tx); err != nil {
		return err
	}
	for _, r := range e.Rows {
		var was, now struct {
			Item, Secret string
			Total        json.Number
		}
		_, _ = json.Unmarshal(r.Old, &was), json.Unmarshal(r.New, &now)
		line := strings.TrimSpace(fmt.Sprintf("%s %s>%s %s %s", e.Operation, was.Item, now.Item, now.Total, now.Secret))
		if err := database.Run(ctx, tx, "insert into public.journal (line) values ($1)", line); err != nil {
			return err
		}
	}
	return nil
}

const lines = "select line from public.journal order by id"

// TestPrices is the flow that hooks are for: the caller may not set the price, the
// hook does; policies see what it made of the row.
func TestPrices(t *testing.T) {
	onEngines(t, shop, func(w *world) {
		set(t, w.registry, "public", "orders", hook{pricing, journal})
		const user = "authenticated"
		w.want(user, "POST", "/rest/v1/orders", `{"item":"tea","qty":2}`, 201, "")
		w.want(user, "POST", "/rest/v1/orders?select=item,price,total&order=item", `[{"item":"milk","qty":1},{"item":"tea","qty":1}]`, 201,
			`[{"item":"milk","price":1.20,"total":1.20}`, "Prefer", "return=representation")
		w.rows("select item || left_over from public.stock order by item", "milk0\ntea7")
		w.rows(lines, "insert >tea 7.00 by hook\ninsert >milk 1.20 by hook\ninsert >tea 3.50 by hook")
		w.want(user, "POST", "/rest/v1/orders", `[{"item":"tea"},{"item":"milk"}]`, 409,
			`{"code":"P0001","details":"asked for 1","hint":"Order less.","message":"milk is out of stock"}`)
		w.want(user, "POST", "/rest/v1/orders", `{"item":"tea","price":0.01}`, 403, "permission denied for table orders")
		w.want(user, "PATCH", "/rest/v1/orders?item=eq.tea", `{"price":0.01}`, 403, "permission denied for table orders")
		w.want("anon", "POST", "/rest/v1/orders", `{"item":"tea"}`, 403, "permission denied for table orders")
		w.want("anon", "DELETE", "/rest/v1/orders?item=eq.tea", ``, 403, "permission denied for table orders")
		w.rows("select item || left_over from public.stock order by item", "milk0\ntea7")
		w.rows("select count(*) from public.orders", "3")

		w.want(user, "PATCH", "/rest/v1/orders?item=eq.tea&qty=eq.2&select=qty,total", `{"qty":3}`, 200, `[{"qty":3,"total":10.50}]`, "Prefer", "return=representation")
		w.want(user, "PATCH", "/rest/v1/orders?item=eq.tea&qty=eq.3", `{"note":"hidden"}`, 403, "new row violates row-level security policy")
		w.want("service_role", "PATCH", "/rest/v1/orders?qty=eq.3", `{"note":"hidden"}`, 204, "")
		w.want(user, "DELETE", "/rest/v1/orders", ``, 204, "")
		w.rows("select item || qty || note from public.orders", "tea3hidden")
	})
}

// TestPoliciesSeeTheChange sets columns beyond the caller's privileges to what his
// policies refuse.
func TestPoliciesSeeTheChange(t *testing.T) {
	onEngines(t, shop, func(w *world) {
		change := object{"price": 5}
		set(t, w.registry, "public", "orders", hook{before: func(_ context.Context, _ database.Tx, e *hooks.Event) error {
			for i := range e.Rows {
				if e.Operation != hooks.Delete {
					e.Rows[i].New = edit(e.Rows[i].New, func(o object) {
						for k, v := range change {
							o[k] = v
						}
					})
				}
			}
			return nil
		}})
		const user, denied = "authenticated", `new row violates row-level security policy for table \"orders\"`
		w.want(user, "POST", "/rest/v1/orders", `{"item":"a"}`, 201, "")
		for _, c := range []object{{"price": 100}, {"price": 99, "qty": 50}, {"price": 5, "owner": "00000000-0000-0000-0000-00000000000b"}} {
			change = c
			w.want(user, "POST", "/rest/v1/orders", `{"item":"b"}`, 403, denied)
			w.want(user, "POST", "/rest/v1/orders", `{"item":"b"}`, 403, denied, "Prefer", "return=representation")
			w.want(user, "PATCH", "/rest/v1/orders", `{"item":"b"}`, 403, denied)
		}
		change = object{"price": 6, "note": "hidden"} // may be inserted, but not be seen
		w.want(user, "POST", "/rest/v1/orders", `{"item":"c"}`, 403, denied, "Prefer", "return=representation")
		w.want(user, "PATCH", "/rest/v1/orders", `{"item":"c"}`, 403, denied)
		w.rows("select item || price from public.orders", "a5.00")
		w.want(user, "POST", "/rest/v1/orders", `{"item":"c"}`, 201, "")
		w.rows("select item || price from public.orders order by item", "a5.00\nc6.00")
		change = object{"price": 7}
		w.want(user, "POST", "/rest/v1/orders", `{"id":"00000000-0000-0000-0000-000000000001","item":"d"}`, 201, "", "Prefer", "return=headers-only")
		w.want(user, "PATCH", "/rest/v1/orders?item=eq.d&select=item,price&order=item&limit=1", `{"qty":2}`, 200, `[{"item":"d","price":7.00}]`, "Prefer", "return=representation")
	})
}

// TestUpsert sees new rows as inserted and existing ones as updated.
func TestUpsert(t *testing.T) {
	const setup = `create table public.prices (item text primary key, price integer not null, seen integer not null default 7, note text);
		insert into public.prices values ('old', 1, 5, 'mine')`
	onEngines(t, setup, func(w *world) {
		var events []string
		see := func(when string) func(context.Context, database.Tx, *hooks.Event) error {
			return func(_ context.Context, _ database.Tx, e *hooks.Event) error {
				for i, r := range e.Rows {
					events = append(events, fmt.Sprintf("%s %s %s>%s", when, e.Operation, r.Old, r.New))
					if when == "before" && e.Operation != hooks.Delete {
						e.Rows[i].New = edit(r.New, func(o object) {
							if o["note"] == nil {
								o["note"] = e.Operation
							}
						})
					}
				}
				return nil
			}
		}
		set(t, w.registry, "public", "prices", hook{see("before"), see("after")})
		w.want("service_role", "POST", "/rest/v1/prices?select=item,price,seen,note", `[{"item":"old","price":2},{"item":"new","price":3}]`, 201,
			`[{"item":"old","price":2,"seen":5,"note":"mine"}`, "Prefer", "resolution=merge-duplicates, return=representation")
		want := []string{
			`before insert >{"item":"new","price":3,"seen":7,"note":null}`,
			`before update {"item":"old","price":1,"seen":5,"note":"mine"}>{"item":"old","price":2,"seen":5,"note":"mine"}`,
			`after insert >{"item":"new","price":3,"seen":7,"note":"insert"}`,
			`after update {"item":"old","price":1,"seen":5,"note":"mine"}>{"item":"old","price":2,"seen":5,"note":"mine"}`}
		if !slices.Equal(events, want) {
			w.Errorf("events\n%s\nwant\n%s", strings.Join(events, "\n"), strings.Join(want, "\n"))
		}
		events = nil
		w.want("service_role", "POST", "/rest/v1/prices", `[{"item":"old","price":9},{"item":"third","price":4},{"item":"third","price":5}]`, 201, "", "Prefer", "resolution=ignore-duplicates")
		if len(events) != 2 || !strings.HasPrefix(events[0], `before insert >{"item":"third","price":4`) {
			w.Errorf("%q", events)
		}
		w.want("service_role", "PUT", "/rest/v1/prices?item=eq.old", `{"item":"old","price":8}`, 204, "")
		w.want("service_role", "POST", "/rest/v1/prices", `[{"item":"x","price":9},{"item":"x","price":9}]`, 500, "21000", "Prefer", "resolution=merge-duplicates")
		w.rows("select item || price || seen || note from public.prices order by item", "new37insert\nold85mine\nthird47insert")
		set(t, w.registry, "public", "prices", hook{before: func(_ context.Context, _ database.Tx, e *hooks.Event) error {
			e.Rows[0].New = edit(e.Rows[0].New, func(o object) { o["item"] = "moved" })
			return nil
		}})
		w.want("service_role", "POST", "/rest/v1/prices", `{"item":"old","price":2}`, 500, "39000", "Prefer", "resolution=merge-duplicates")
		w.want("service_role", "PATCH", "/rest/v1/prices?item=eq.old&select=item", `{"price":2}`, 200, `[{"item":"moved"}]`, "Prefer", "return=representation")
	})
}

// TestRefusals are what is refused clearly, with nothing changed.
func TestRefusals(t *testing.T) {
	const setup = `create table public.bare (a integer, g integer generated always as (a + 1) stored); insert into public.bare values (1);
		create table public.keyed (a integer primary key, g integer generated always as (a + 1) stored, v varchar(3)); insert into public.keyed values (1);
		create view public.shown as select a, v from public.keyed`
	onEngines(t, setup, func(w *world) {
		set(t, w.registry, "public", "bare", hook{})
		for _, method := range []string{"POST", "PATCH", "DELETE"} {
			w.want("service_role", method, "/rest/v1/bare", `{"a":2}`, 400, "has hooks for this write but no primary key")
		}
		err := w.registry.Set("test", []hooks.Entry{{Name: "b", Schema: "public", Table: "bare", Before: []string{hooks.Insert}, Hook: hook{}}})
		if err != nil {
			w.Fatal(err)
		}
		w.want("service_role", "POST", "/rest/v1/bare", `{"a":2}`, 201, "")
		w.want("service_role", "PATCH", "/rest/v1/bare?a=eq.2", `{"a":3}`, 204, "") // no hook for it
		w.rows("select a from public.bare order by a", "1\n3")

		for _, c := range map[string]struct {
			made   string
			status int
			part   string
		}{
			"a column that is not there": {`{"a":2,"b":1}`, 500, "39000"}, "a generated column": {`{"a":2,"g":9}`, 500, "39000"},
			"no object": {`[]`, 500, "39000"}, "no JSON": {`{"a":`, 500, "39000"}, "nothing": {``, 500, "39000"},
			"too long a string": {`{"v":"long"}`, 400, "22001"}, "no number": {`{"a":"x"}`, 400, "22P02"},
		} {
			set(t, w.registry, "public", "keyed", hook{before: func(_ context.Context, _ database.Tx, e *hooks.Event) error {
				e.Rows[0].New = json.RawMessage(c.made)
				return nil
			}})
			w.want("service_role", "POST", "/rest/v1/keyed", `{"a":2}`, c.status, c.part)
			w.want("service_role", "PATCH", "/rest/v1/keyed", `{"v":"x"}`, c.status, c.part)
			w.rows("select row_to_json(k) from public.keyed k", `{"a":1,"g":2,"v":null}`)
		}
		w.want("service_role", "POST", "/rest/v1/shown", `{"a":2}`, 400, "Write to the table itself")
		w.want("service_role", "PATCH", "/rest/v1/shown", `{"v":"x"}`, 400, "Write to the table itself")
		set(t, w.registry, "public", "keyed", hook{})
		many := make([]string, 51)
		for i := range many {
			many[i] = fmt.Sprintf(`{"a":%d}`, i+10)
		}
		w.want("service_role", "POST", "/rest/v1/keyed", "["+strings.Join(many, ",")+"]", 400, "at most 50 rows")
		script(t, w.db, "insert into public.keyed select generate_series(100, 200)")
		w.want("service_role", "PATCH", "/rest/v1/keyed", `{"v":"x"}`, 400, "at most 50 rows")
		w.want("service_role", "DELETE", "/rest/v1/keyed", ``, 400, "at most 50 rows")
		w.rows("select count(*) from public.keyed where v is null", "102")
	})
}

// TestRollback undoes everything when a hook after the write refuses it, or the
// transaction ends in rollback, or a later request of a batch fails.
func TestRollback(t *testing.T) {
	onEngines(t, shop, func(w *world) {
		refuse := false
		set(t, w.registry, "public", "orders", hook{pricing, func(ctx context.Context, tx database.Tx, e *hooks.Event) error {
			if err := journal(ctx, tx, e); err != nil || !refuse {
				return err
			}
			return fault.New("PT418", "no")
		}})
		same := func() {
			w.Helper()
			w.rows("select count(*) from public.orders", "0")
			w.rows("select count(*) from public.journal", "0")
			w.rows("select item || left_over from public.stock order by item", "milk1\ntea10")
		}
		w.want("authenticated", "POST", "/rest/v1/orders", `{"item":"tea"}`, 201, `"price":3.50`, "Prefer", "tx=rollback, return=representation")
		same()
		w.want("authenticated", "POST", "/rest/v1/orders", `[{"item":"tea"},{"item":"tea"}]`, 406, "PGRST116", "Prefer", "return=representation", "Accept", "application/vnd.pgrst.object+json")
		same()
		refuse = true
		w.want("authenticated", "POST", "/rest/v1/orders", `{"item":"tea"}`, 418, `"message":"no"`)
		same()
		refuse = false
		w.want("authenticated", "POST", "/api/batch", `{"requests":[{"method":"POST","path":"/api/orders","body":{"item":"tea"}},{"method":"POST","path":"/rest/v1/orders","body":{"item":"milk","qty":5}}]}`, 409, "out of stock")
		same()
		w.want("authenticated", "POST", "/api/batch", `{"requests":[{"id":"a","method":"POST","path":"/api/orders","body":{"item":"tea"}},
			{"method":"PATCH","path":"/api/orders/{a.id}","body":{"qty":2}},{"method":"DELETE","path":"/rest/v1/orders?id=eq.{a.id}"},
			{"method":"POST","path":"/rest/v1/orders","body":{"item":"milk"}}]}`, 200, `"total":7.00`)
		w.rows(lines, "insert >tea 3.50 by hook\nupdate tea>tea 7.00 by hook\ndelete tea>\ninsert >milk 1.20 by hook")
	})
}

// TestResources are the same hooks under the resource style.
func TestResources(t *testing.T) {
	onEngines(t, shop, func(w *world) {
		set(t, w.registry, "public", "orders", hook{pricing, journal})
		const key = "/api/orders/00000000-0000-0000-0000-000000000001"
		w.want("authenticated", "POST", "/api/orders", `{"id":"00000000-0000-0000-0000-000000000001","item":"tea","qty":2}`, 201, `"total":7.00`)
		w.want("authenticated", "PATCH", key, `{"qty":3}`, 200, `"total":10.50`)
		w.want("authenticated", "PATCH", key, `{"qty":300}`, 409, "out of stock")
		w.want("authenticated", "PATCH", key, `{"qty":1}`, 412, "PGRST412", "If-Match", `"nosuch"`)
		w.want("authenticated", "PATCH", "/api/orders/00000000-0000-0000-0000-000000000002", `{"qty":1}`, 404, "")
		w.want("service_role", "PUT", key, `{"item":"milk","owner":"00000000-0000-0000-0000-00000000000a","price":9}`, 200, `"price":1.20`)
		w.want("service_role", "PUT", "/api/orders/00000000-0000-0000-0000-000000000003", `{"item":"tea","owner":"00000000-0000-0000-0000-00000000000b","price":9}`, 201, `"price":3.50`)
		w.want("authenticated", "DELETE", "/api/orders/00000000-0000-0000-0000-000000000003", "", 404, "")
		w.want("authenticated", "DELETE", key, "", 204, "")
		w.rows(lines, "insert >tea 7.00 by hook\nupdate tea>tea 10.50 by hook\nupdate tea>milk 1.20 by hook\ninsert >tea 3.50 by hook\ndelete milk>")
	})
}

// TestTime ends a transaction whose hook takes too long, whatever the hook does then,
// and frees the writer.
func TestTime(t *testing.T) {
	onEngines(t, shop, func(w *world) {
		r := hooks.NewRegistry(hooks.Limits{Time: 20 * time.Millisecond})
		release := make(chan struct{})
		set(t, r, "public", "stock", hook{after: func(_ context.Context, tx database.Tx, _ *hooks.Event) error {
			<-release // it does not look at its context
			return nil
		}})
		h := rest.New(rest.Config{DB: w.db, AnonRole: "service_role", Hooks: r})
		got := ask(h, "service_role", "POST", "/rest/v1/stock", `{"item":"x","price":1,"left_over":1}`)
		if got.Code != 500 || !strings.Contains(got.Body.String(), `"57014"`) {
			w.Errorf("%d %s", got.Code, got.Body)
		}
		w.want("service_role", "POST", "/rest/v1/stock", `{"item":"y","price":1,"left_over":1}`, 201, "") // the writer is free
		w.rows("select string_agg(item, ',' order by item) from public.stock", "milk,tea,y")
		close(release)
		set(t, r, "public", "stock", hook{after: func(_ context.Context, tx database.Tx, _ *hooks.Event) error {
			return database.Run(context.Background(), tx, "select count(*) from generate_series(1, 100000000) a where a % 7 = 3")
		}})
		got = ask(h, "service_role", "POST", "/rest/v1/stock", `{"item":"x","price":1,"left_over":1}`)
		if got.Code != 500 || !strings.Contains(got.Body.String(), `"57014"`) {
			w.Errorf("%d %s", got.Code, got.Body)
		}
		w.rows("select string_agg(item, ',' order by item) from public.stock", "milk,tea,y")
	})
}

// TestConcurrent has many callers order the last of an item: hooks that count it down
// in their transactions never sell more than there is.
func TestConcurrent(t *testing.T) {
	onEngines(t, shop, func(w *world) {
		set(t, w.registry, "public", "orders", hook{pricing, journal})
		var wg sync.WaitGroup
		for range 25 {
			wg.Go(func() { ask(w.h, "authenticated", "POST", "/rest/v1/orders", `{"item":"tea"}`) })
		}
		wg.Wait()
		w.rows("select count(*) || '/' || (select count(*) from public.journal) || '/' || (select left_over from public.stock where item = 'tea') from public.orders", "10/10/0")
		script(t, w.db, "update public.stock set left_over = 1000")
		for range 10 { // the same rows updated and deleted at once
			wg.Go(func() { ask(w.h, "service_role", "PATCH", "/rest/v1/orders?item=eq.tea", `{"note":"x"}`) })
			wg.Go(func() { ask(w.h, "service_role", "DELETE", "/rest/v1/orders?item=eq.tea", ``) })
		}
		wg.Wait()
		w.want("service_role", "DELETE", "/rest/v1/orders?item=eq.tea", ``, 204, "")
		w.rows("select count(*) from public.journal where line like 'delete%'", "10")
	})
}

// TestIdentities shows what the database draws before the insert, and keeps numbers
// that a hook can only pass on as doubles.
func TestIdentities(t *testing.T) {
	const setup = `create table public.drawn (id bigint generated always as identity primary key, n bigint, d numeric, big bigint default 9007199254740993, at timestamptz default now(), note text);
		alter table public.drawn alter column id restart with 41; grant insert (n, d), select on public.drawn to authenticated`
	onEngines(t, setup, func(w *world) {
		var seen []string
		set(t, w.registry, "public", "drawn", hook{before: func(_ context.Context, _ database.Tx, e *hooks.Event) error {
			for i, r := range e.Rows {
				e.Rows[i].New = edit(r.New, func(o object) { // through float64, as JavaScript does
					seen = append(seen, fmt.Sprint(o["id"]))
					o["note"] = "seen"
				})
			}
			return nil
		}})
		for _, role := range []string{"service_role", "authenticated"} {
			w.want(role, "POST", "/rest/v1/drawn?select=id,n,d,big,note&order=id", `[{"n":9007199254740995,"d":1234567890123456789.25},{"n":1,"d":0.10}]`, 201,
				`"n":9007199254740995,"d":1234567890123456789.25,"big":9007199254740993,"note":"seen"}`, "Prefer", "return=representation")
		}
		w.want("service_role", "POST", "/rest/v1/drawn", `{"id":7,"n":1}`, 400, "428C9")
		w.rows("select string_agg(id::text, ',' order by id) from public.drawn where at = now() or at < now()", "41,42,43,44")
		if want := []string{"41", "42", "43", "44", "7"}; !slices.Equal(seen, want) {
			w.Errorf("hooks saw %q, not %q", seen, want)
		}
		w.want("service_role", "PATCH", "/rest/v1/drawn?id=eq.41&select=n,d,big", `{"d":5}`, 200, `[{"n":9007199254740995,"d":5,"big":9007199254740993}]`, "Prefer", "return=representation")
	})
}
