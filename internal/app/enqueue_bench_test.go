//go:build unix

package app

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/functions/processor"
)

// enqueueSchema has functions that insert a row as REST does, under the caller's
// policies, without and with a job of it.
const enqueueSchema = `
create function notify_of(item bigint) returns bigint language sql security definer set search_path = ''
	as $$ select galley.enqueue('items', jsonb_build_object('item', $1)) $$;
create function add_item(title text) returns bigint language sql
	as $$ with o as (insert into items (title) values ($1) returning id) select o.id from o $$;
create function add_item_and_job(title text) returns bigint language sql
	as $$ with o as (insert into items (title) values ($1) returning id) select notify_of(o.id) from o $$;`

// triggerSchema has a table like items, of whose every row a trigger enqueues a job,
// and another, of whose rows a trigger inserts one into a plain table.
const triggerSchema = `
create table orders (like items including all);
alter table orders enable row level security;
create policy own on orders to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
grant all on orders to authenticated;
create function order_placed() returns trigger language plpgsql security definer set search_path = ''
	as $$ begin perform galley.enqueue('items', jsonb_build_object('item', new.id)); return null; end $$;
create trigger placed after insert on orders for each row execute function order_placed();
create table notes (like items including all);
alter table notes enable row level security;
create policy own on notes to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
grant all on notes to authenticated;
create table outbox (id bigserial primary key, queue text not null, payload jsonb not null);
create index outbox_ready on outbox (queue, id);
create function note_placed() returns trigger language plpgsql security definer set search_path = ''
	as $$ begin insert into public.outbox (queue, payload) values ('items', jsonb_build_object('item', new.id)); return null; end $$;
create trigger placed after insert on notes for each row execute function note_placed()`

// enqueueWay is a request that inserts a row.
type enqueueWay struct{ name, path string }

// BenchmarkEnqueueServed compares requests that insert a row with those that also
// enqueue a job in the same transaction, under a policy: of 32 connections, which is
// how many a server can take, and of one alone, which is how long somebody waits
// (insert-us). "durable" is PostgreSQL that waits for the disk, as it comes; the
// server of the tests does not, and the embedded engine always does. Nobody does the
// jobs. The ways take turns, so that a busy machine makes all slower, and the median
// of the turns counts; processor time, which a busy machine disturbs less, is that of
// server, clients and PostgreSQL together ("database" is PostgreSQL's alone). The least
// that a job could cost there is "outbox": a trigger that inserts a row of three columns
// and two indexes, into a table that nobody reads.
func BenchmarkEnqueueServed(b *testing.B) {
	for suffix, clients := range map[string]int{"": connections, "-alone": 1} {
		b.Run("embedded"+suffix, func(b *testing.B) {
			serveEnqueue(b, clients, enqueueSchema).compare(b, wayBoth)
		})
		b.Run("postgres"+suffix, func(b *testing.B) {
			url := pgtest.Database(b)
			serveEnqueue(b, clients, enqueueSchema+triggerSchema, "DATABASE_URL="+url).beside(b, url).compare(b, wayTriggered)
		})
		b.Run("postgres-durable"+suffix, func(b *testing.B) {
			url := pgtest.Database(b)
			durable(b, url)
			serveEnqueue(b, clients, enqueueSchema+triggerSchema, "DATABASE_URL="+url).beside(b, url).compare(b, wayTriggered)
		})
	}
}

// The ways to insert a row: by REST and by a function, each with a job, and by REST
// with a row by a trigger.
var (
	wayInsert    = enqueueWay{"insert", "/items"}
	wayTriggered = enqueueWay{"insert-and-job", "/orders"}
	wayOutbox    = enqueueWay{"insert-and-row", "/notes"}
	wayFunction  = enqueueWay{"function", "/rpc/add_item"}
	wayBoth      = enqueueWay{"function-and-job", "/rpc/add_item_and_job"}
)

// durable has the server of a database wait for the disk, as it does unless it is
// told not to, until the benchmark ends.
func durable(b *testing.B, url string) {
	b.Helper()
	conn, err := pgconn.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	set := func(ctx context.Context, change string) error {
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			if err := conn.Exec(ctx, fmt.Sprintf(change, name)).Close(); err != nil {
				return err
			}
		}
		return conn.Exec(ctx, "checkpoint; select pg_reload_conf()").Close()
	}
	b.Cleanup(func() {
		ctx := context.Background()
		if err := errors.Join(set(ctx, "alter system reset %s"), conn.Close(ctx)); err != nil {
			b.Error(err)
		}
	})
	if err := set(b.Context(), "alter system set %s = 'on'"); err != nil {
		b.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r := conn.ExecParams(b.Context(), "select current_setting('fsync') || current_setting('synchronous_commit')", nil, nil, nil, nil).Read()
		if r.Err != nil || time.Now().After(end) {
			b.Fatalf("the server does not wait for the disk: %q, %v", r.Rows, r.Err)
		}
		if string(r.Rows[0][0]) == "onon" {
			return
		}
	}
}

// enqueueTurns is how many turns each way has.
const enqueueTurns = 60

// enqueueServer is a server with its clients, and what each way took of time, of
// processor time, and of that in PostgreSQL.
type enqueueServer struct {
	key                 string
	clients             []*client
	took, cpu, database map[enqueueWay][]float64
	backends            func() time.Duration // processor time of PostgreSQL so far
}

func serveEnqueue(b *testing.B, clients int, script string, env ...string) *enqueueServer {
	h, key := benchHandler(b, benchProject{script: script, env: env})
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	return connectEnqueue(b, s, key, clients)
}

// connectEnqueue connects the clients with a server.
func connectEnqueue(b *testing.B, s *httptest.Server, key string, clients int) *enqueueServer {
	e := &enqueueServer{key: key, clients: make([]*client, clients), took: map[enqueueWay][]float64{}, cpu: map[enqueueWay][]float64{},
		database: map[enqueueWay][]float64{}, backends: func() time.Duration { return 0 }}
	for i := range e.clients {
		e.clients[i] = dial(b, s, i)
	}
	return e
}

// compare drives the ways and tells what a job adds to a function that inserts, and
// to an insert by REST when it is enqueued the way with.
func (e *enqueueServer) compare(b *testing.B, with enqueueWay) {
	ways := []enqueueWay{wayInsert, wayFunction, wayBoth}
	if with != wayBoth {
		ways = append(ways, with, wayOutbox)
	}
	e.drive(b, ways...)
	e.report(b, "added-to-function", wayBoth, wayFunction)
	e.report(b, "added-to-insert", with, wayInsert)
	if with != wayBoth {
		e.report(b, "outbox-added-to-insert", wayOutbox, wayInsert)
	}
}

func (e *enqueueServer) drive(b *testing.B, ways ...enqueueWay) {
	turn := max(1, b.N/enqueueTurns)
	for _, w := range ways {
		e.turn(b, w, max(turn, 10*len(e.clients))) // statements are prepared, and planned for good
	}
	b.ResetTimer()
	for i := range enqueueTurns {
		for k := range ways {
			w := ways[(i+k)%len(ways)]
			own, database, start := processor.Process(), e.backends(), time.Now()
			e.turn(b, w, turn)
			e.took[w] = append(e.took[w], time.Since(start).Seconds())
			own, database = processor.Process()-own, e.backends()-database
			e.cpu[w] = append(e.cpu[w], (own + database).Seconds())
			e.database[w] = append(e.database[w], database.Seconds())
		}
	}
	for _, w := range ways {
		per := 1e6 / float64(turn)
		b.ReportMetric(1/median(e.took[w])*float64(turn), w.name+"/s")
		b.ReportMetric(per*median(e.cpu[w]), w.name+"-cpu-us")
		b.ReportMetric(per*median(e.database[w]), w.name+"-database-us")
		if len(e.clients) == 1 {
			b.ReportMetric(per*median(e.took[w]), w.name+"-us")
		}
	}
}

// beside has the processor time of PostgreSQL counted, where Linux tells it: of a
// server that runs on this machine.
func (e *enqueueServer) beside(b *testing.B, url string) *enqueueServer {
	b.Helper()
	conn, err := pgconn.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(context.Background()) })
	e.backends = func() (sum time.Duration) {
		r := conn.ExecParams(b.Context(), "select pid from pg_stat_activity where inet_server_addr() << '127.0.0.0/8'", nil, nil, nil, nil).Read()
		if r.Err != nil {
			b.Fatal(r.Err)
		}
		for _, row := range r.Rows {
			var computed time.Duration
			if text, err := os.ReadFile("/proc/" + string(row[0]) + "/schedstat"); err == nil {
				_, _ = fmt.Sscan(string(text), &computed)
			}
			sum += computed
		}
		return sum
	}
	return e
}

// turn has the clients make n requests of a way.
func (e *enqueueServer) turn(b *testing.B, w enqueueWay, n int) {
	const body = `{"title":"buy milk"}`
	request := fmt.Appendf(nil, "POST /rest/v1%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Prefer: return=representation\r\nContent-Length: %d\r\n\r\n%s", w.path, e.key, len(body), body)
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	for _, c := range e.clients {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := c.exchange(request); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	if wg.Wait(); b.Failed() {
		b.FailNow()
	}
}

// report tells how much more one way takes than another.
func (e *enqueueServer) report(b *testing.B, name string, with, without enqueueWay) {
	for unit, of := range map[string]map[enqueueWay][]float64{"-%": e.took, "-cpu-%": e.cpu} {
		b.ReportMetric(100*(median(of[with])/median(of[without])-1), name+unit)
	}
}
