package pgmq_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/pgmq"
)

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		t.Parallel()
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "pgmq", Steps: pgmq.Schema(db.Engine())}); err != nil {
			t.Fatal(err)
		}
		test(t, db)
	})
}

// as runs a statement under a role: "a,b|c,d", or "!" and the SQLSTATE.
func as(db database.DB, role, sql string, args ...any) string {
	rows, err := database.Collect(db.Query(context.Background(), database.Session{Role: role}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	if err != nil {
		return "!" + fault.Code(err) + " " + err.Error()
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		values := make([]string, len(r))
		for k, v := range r {
			values[k] = "NULL"
			if v != nil {
				values[k] = *v
			}
		}
		out[i] = strings.Join(values, ",")
	}
	return strings.Join(out, "|")
}

// TestFunctions says the same on both engines, one statement after the other.
func TestFunctions(t *testing.T) {
	const record = "select msg_id, read_ct, message, headers, vt > now() + interval '1 minute' from "
	onEngines(t, func(t *testing.T, db database.DB) {
		for _, c := range []struct{ sql, want string }{
			{"select pgmq.create('Jobs')", ""},
			{"select pgmq.create('Jobs')", ""},
			{"select pgmq.create_unlogged('fast')", ""},
			{"select * from pgmq.create_non_partitioned('third')", ""},
			{"select queue_name, is_partitioned, is_unlogged, created_at <= now() from pgmq.list_queues() order by 1", "Jobs,f,f,t|fast,f,t,t|third,f,f,t"},
			{"select pgmq.create(repeat('x', 47))", ""},
			{"select pgmq.drop_queue(repeat('x', 47))", "t"},
			{"select pgmq.create(repeat('x', 48))", "!P0001 queue name is too long, maximum length is 48 characters"},
			{"select pgmq.create('a;b')", "!P0001 queue name contains invalid characters: $, ;, --, or '"},
			{"select pgmq.create('a--b')", "!P0001 queue name contains invalid characters: $, ;, --, or '"},
			{"select pgmq.create('a$b')", "!P0001 queue name contains invalid characters: $, ;, --, or '"},
			{"select pgmq.create('a''b')", "!P0001 queue name contains invalid characters: $, ;, --, or '"},

			{`select pgmq.send('Jobs', '{"n": 1}')`, "1"},
			{`select * from pgmq.send(queue_name => 'jobs', msg => '{"n": 2}')`, "2"},
			{`select * from pgmq.send('Jobs', '{"n": 3}', 3600)`, "3"},
			{`select * from pgmq.send('Jobs', '{"n": 4}', '{"h": 1}'::jsonb)`, "4"},
			{`select * from pgmq.send('Jobs', '{"n": 5}', '{"h": 2}'::jsonb, 0)`, "5"},
			{`select * from pgmq.send('Jobs', '{"n": 6}', now() + interval '1 hour')`, "6"},
			{`select * from pgmq.send_batch('Jobs', array['{"n": 7}', '{"n": 8}']::jsonb[])`, "7|8"},
			{`select * from pgmq.send_batch('Jobs', array['{"n": 9}', null]::jsonb[], 3600)`, "9|10"},
			{`select * from pgmq.send_batch('Jobs', array['{"n": 11}', '{"n": 12}']::jsonb[], array['{"h": 3}', null]::jsonb[])`, "11|12"},
			{`select * from pgmq.send_batch('Jobs', '{}'::jsonb[])`, ""},
			{`select * from pgmq.send_batch('Jobs', null::jsonb[])`, ""},
			{`select * from pgmq.send('Jobs', null)`, "13"},
			{`select * from pgmq.send('fast', '{"n": 1}')`, "1"},

			{record + "pgmq.read('Jobs', 0, 1)", `1,1,{"n": 1},NULL,f`},
			{record + "pgmq.read('Jobs', 3600, 2) order by 1", `1,2,{"n": 1},NULL,t|2,1,{"n": 2},NULL,t`},
			{record + "pgmq.read('Jobs', 3600, 2) order by 1", `4,1,{"n": 4},{"h": 1},t|5,1,{"n": 5},{"h": 2},t`},
			{record + `pgmq.read('Jobs', 3600, 5, '{"n": 8}') order by 1`, `8,1,{"n": 8},NULL,t`},
			{record + `pgmq.read('Jobs', 3600, 5, '{"n": 99}')`, ""},
			{record + "pgmq.read('Jobs', 3600, 0)", ""},
			{record + "pgmq.set_vt('Jobs', 1, 0)", `1,2,{"n": 1},NULL,f`},
			{record + "pgmq.set_vt('Jobs', 99, 0)", ""},
			{"select msg_id, read_ct, message from pgmq.pop('Jobs')", `1,2,{"n": 1}`},
			{"select msg_id from pgmq.pop('Jobs')", "7"},
			{"select pgmq.delete('Jobs', 2)", "t"},
			{"select pgmq.delete('Jobs', 2)", "f"},
			{"select pgmq.delete('Jobs', null::bigint)", "f"},
			{"select * from pgmq.delete('Jobs', array[3, 4, 99]) order by 1", "3|4"},
			{"select * from pgmq.delete('Jobs', '{}'::bigint[])", ""},
			{"select pgmq.archive('Jobs', 5)", "t"},
			{"select pgmq.archive('Jobs', 5)", "f"},
			{"select * from pgmq.archive('Jobs', array[6, 5, 8]) order by 1", "6|8"},
			{"select * from pgmq.archive('Jobs', array[]::bigint[])", ""},
			{"select queue_name, queue_length, newest_msg_age_sec >= 0, oldest_msg_age_sec < 600, total_messages, scrape_time <= now(), queue_visible_length from pgmq.metrics('Jobs')", "Jobs,5,t,t,13,t,3"},
			{"select queue_name, queue_length, newest_msg_age_sec, total_messages from pgmq.metrics('third')", "third,0,NULL,0"},
			{"select queue_name, queue_length from pgmq.metrics_all() order by 1", "Jobs,5|fast,1|third,0"},
			{"select pgmq.purge_queue('Jobs')", "5"},
			{"select pgmq.purge_queue('Jobs')", "0"},
			{"select * from pgmq.send('Jobs', '1')", "14"},
			{"select pgmq.send('third', to_jsonb(n)), n from generate_series(1, 3) n", "1,1|2,2|3,3"},
			{"select pgmq.send('third', (select to_jsonb(count(*)) from pgmq.list_queues()))", "4"},
			{"select pgmq.send_batch('third', array_agg(to_jsonb(n)), 0) from generate_series(5, 6) n", "5|6"},
			{"select msg_id, pgmq.archive('third', msg_id) from pgmq.read('third', 60, 2) order by 1", "1,t|2,t"},
			{"select pgmq.delete('third', msg_id) from (select * from pgmq.read('third', 60, 1)) m", "t"},
			{"select pgmq.archive('third', array_agg(msg_id)) from pgmq.read('third', 60, 9)", "4|5|6"},
			{"select pgmq.drop_queue(queue_name, false) from pgmq.list_queues() where queue_name = 'third'", "t"},
			{"select pgmq.drop_queue(queue_name) from pgmq.list_queues() where queue_name in ('fast', 'third')", "t"},
			{"select pgmq.create_partitioned('parts')", "!0A000 partitioned queues are not supported"},
			{"select pgmq.create_partitioned('parts', '5 seconds', '10 seconds')", "!0A000"},
			{"select pgmq.convert_archive_partitioned('Jobs')", "!0A000 partitioned archives are not supported"},
			{"select pgmq.detach_archive('Jobs')", "!0A000 an archive cannot be detached"},
			{"select pgmq.drop_queue('Jobs')", "t"},
			{"select pgmq.drop_queue('Jobs')", "f"},
			{"select pgmq.create('jobs')", ""},
			{"select * from pgmq.send('jobs', '1')", "1"},
		} {
			if got := as(db, "service_role", c.sql); got != c.want && !(c.want == "" && got == "NULL") && !(strings.HasPrefix(c.want, "!") && strings.HasPrefix(got, c.want)) {
				t.Errorf("%s: %s, want %s", c.sql, got, c.want)
			}
		}
		refusals(t, db)
	})
}

// refusals asks for a queue that is not there, and as those who may not.
func refusals(t *testing.T, db database.DB) {
	for _, sql := range []string{
		"select pgmq.send('none', '{}')", "select * from pgmq.send_batch('none', '{}'::jsonb[])", "select * from pgmq.read('none', 1, 1)", "select * from pgmq.pop('none')",
		"select pgmq.archive('none', 1)", "select * from pgmq.archive('none', '{1}'::bigint[])", "select pgmq.delete('none', 1)",
		"select * from pgmq.delete('none', '{1}'::bigint[])", "select * from pgmq.set_vt('none', 1, 1)", "select pgmq.purge_queue('none')",
	} {
		if got := as(db, "service_role", sql); !strings.HasPrefix(got, `!42P01 relation "pgmq.q_none" does not exist`) {
			t.Errorf("%s: %s", sql, got)
		}
		for _, role := range []string{"anon", "authenticated"} {
			if got := as(db, role, sql); !strings.HasPrefix(got, "!42501") {
				t.Errorf("%s: %s: %s", role, sql, got)
			}
		}
	}
	if got := as(db, "service_role", "select * from pgmq.metrics('none')"); !strings.HasPrefix(got, "!42P01") {
		t.Errorf("metrics: %s", got)
	}
	got := as(db, "service_role", "select msg_id from pgmq.read_with_poll('jobs', 10, 1, 1, 10)")
	again := as(db, "service_role", "select msg_id from pgmq.read_with_poll('jobs', 10, 1, 1, 10)")
	if db.Engine() == "postgres" && (got != "1" || again != "") || db.Engine() == "embedded" && !strings.HasPrefix(got, "!0A000") {
		t.Errorf("read_with_poll: %s, %s", got, again)
	}
}

// TestOnce has many read at once: nobody gets a message that another has.
func TestOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		if got := as(db, "service_role", "select pgmq.create('q')"); strings.HasPrefix(got, "!") {
			t.Fatal(got)
		}
		const messages = 200
		if got := as(db, "service_role", "select count(*) from pgmq.send_batch('q', array_fill('{}'::jsonb, array[$1::integer]))", messages); got != "200" {
			t.Fatal(got)
		}
		var mu sync.Mutex
		seen := map[string]int{}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				sql := "select msg_id from pgmq.read('q', 3600, 3)"
				if i%2 == 1 {
					sql = "select msg_id from pgmq.pop('q')"
				}
				for {
					got := as(db, "service_role", sql)
					if got == "" {
						return
					}
					mu.Lock()
					for id := range strings.SplitSeq(got, "|") {
						seen[id]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(seen) != messages {
			t.Errorf("%d messages were read, want %d", len(seen), messages)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("message %s was read %d times", id, n)
			}
		}
	})
}

// TestLeftAlone has a schema pgmq of somebody else's.
func TestLeftAlone(t *testing.T) {
	db := enginetest.Postgres(t)
	if got := as(db, "", "create schema pgmq"); got != "" {
		t.Fatal(got)
	}
	if err := migrate.Own(t.Context(), db, migrate.Part{Name: "pgmq", Steps: pgmq.Schema("postgres")}); err != nil {
		t.Fatal(err)
	}
	if got := as(db, "", "select count(*) from pg_proc where pronamespace = 'pgmq'::regnamespace"); got != "0" {
		t.Errorf("%s functions were added", got)
	}
}
