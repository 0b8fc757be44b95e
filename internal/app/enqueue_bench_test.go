//go:build unix

package app

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
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

// triggerSchema has a table like items, of whose every row a trigger enqueues a job.
const triggerSchema = `
create table orders (like items including all);
alter table orders enable row level security;
create policy own on orders to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
grant all on orders to authenticated;
create function order_placed() returns trigger language plpgsql security definer set search_path = ''
	as $$ begin perform galley.enqueue('items', jsonb_build_object('item', new.id)); return null; end $$;
create trigger placed after insert on orders for each row execute function order_placed()`

// enqueueWay is a request that inserts a row.
type enqueueWay struct{ name, path string }

// BenchmarkEnqueueServed compares requests that insert a row with those that also
// enqueue a job in the same transaction, of 32 connections under a policy. Nobody
// does the jobs. They take turns, so that a busy machine makes all slower, and the
// median of the turns counts; processor time, which a busy machine disturbs less, is
// that of server and clients together, without PostgreSQL's.
func BenchmarkEnqueueServed(b *testing.B) {
	insert, function := enqueueWay{"insert", "/items"}, enqueueWay{"function", "/rpc/add_item"}
	both, triggered := enqueueWay{"function-and-job", "/rpc/add_item_and_job"}, enqueueWay{"insert-and-job", "/orders"}
	b.Run("embedded", func(b *testing.B) {
		e := serveEnqueue(b, enqueueSchema)
		e.drive(b, insert, function, both)
		e.report(b, "added-to-function", both, function)
		e.report(b, "added-to-insert", both, insert)
	})
	b.Run("postgres", func(b *testing.B) {
		e := serveEnqueue(b, enqueueSchema+triggerSchema, "DATABASE_URL="+pgtest.Database(b))
		e.drive(b, insert, function, both, triggered)
		e.report(b, "added-to-function", both, function)
		e.report(b, "added-to-insert", triggered, insert)
	})
}

// enqueueTurns is how many turns each way has.
const enqueueTurns = 60

// enqueueServer is a server with its clients, and what each way took of time and of
// processor time.
type enqueueServer struct {
	key       string
	clients   []*client
	took, cpu map[enqueueWay][]float64
}

func serveEnqueue(b *testing.B, script string, env ...string) *enqueueServer {
	h, key := benchHandler(b, benchProject{script: script, env: env})
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	e := &enqueueServer{key: key, clients: make([]*client, connections), took: map[enqueueWay][]float64{}, cpu: map[enqueueWay][]float64{}}
	for i := range e.clients {
		e.clients[i] = dial(b, s, i)
	}
	return e
}

func (e *enqueueServer) drive(b *testing.B, ways ...enqueueWay) {
	turn := max(1, b.N/enqueueTurns)
	for _, w := range ways {
		e.turn(b, w, connections) // statements are prepared
	}
	b.ResetTimer()
	for i := range enqueueTurns {
		for k := range ways {
			w := ways[(i+k)%len(ways)]
			before, start := processorTime(b), time.Now()
			e.turn(b, w, turn)
			e.took[w] = append(e.took[w], time.Since(start).Seconds())
			e.cpu[w] = append(e.cpu[w], (processorTime(b) - before).Seconds())
		}
	}
	for _, w := range ways {
		slices.Sort(e.took[w])
		b.ReportMetric(float64(turn)/e.took[w][enqueueTurns/2], w.name+"/s")
	}
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
		slices.Sort(of[with])
		slices.Sort(of[without])
		b.ReportMetric(100*(of[with][enqueueTurns/2]/of[without][enqueueTurns/2]-1), name+unit)
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
