package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schedule"
)

// patience is how long a test waits for what should happen soon. Only a failing
// test waits that long.
const patience = 60 * time.Second

type fixture struct {
	t    testing.TB
	db   database.DB
	open func() database.DB // another connection to the same database
}

func onEngines(t *testing.T, test func(t *testing.T, f *fixture)) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			parts := []migrate.Part{{Name: "jobs", Steps: jobs.Schema(f.db.Engine())}, {Name: "schedules", Steps: schedule.Schema()},
				{Name: "cron", Steps: schedule.Cron(f.db.Engine())}}
			if err := migrate.Own(t.Context(), f.db, parts...); err != nil {
				t.Fatal(err)
			}
			test(t, f)
		})
	}
}

func onPostgres(t testing.TB) *fixture {
	url := pgtest.Database(t)
	open := func() database.DB {
		db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if err := db.Bootstrap(t.Context()); err != nil {
			t.Fatal(err)
		}
		return db
	}
	return &fixture{t, open(), open}
}

func onEmbedded(t testing.TB) *fixture {
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &fixture{t, db, func() database.DB { return db }}
}

// keeper starts a keeper, which is stopped with the test at the latest.
func (f *fixture) keeper() (stop func()) {
	f.t.Helper()
	k, err := schedule.New(schedule.Config{DB: f.open(), Poll: 20 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.t.Fatal(err)
	}
	k.Start()
	stop = sync.OnceFunc(k.Stop)
	f.t.Cleanup(stop)
	return stop
}

// as runs a statement under a role and returns its rows as text: "a,b|c,d".
func (f *fixture) as(role, sql string, args ...any) (string, error) {
	rows, err := database.Collect(f.db.Query(context.Background(), database.Session{Role: role}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	list := make([]string, len(rows))
	for i, r := range rows {
		values := make([]string, len(r))
		for j, v := range r {
			values[j] = "NULL"
			if v != nil {
				values[j] = *v
			}
		}
		list[i] = strings.Join(values, ",")
	}
	return strings.Join(list, "|"), err
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
func (f *fixture) until(want, sql string) {
	f.t.Helper()
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = f.rows(sql); got == want {
			return
		}
	}
	f.t.Fatalf("%s: %s, want %s", sql, got, want)
}

// add inserts a schedule that was due some time ago.
func (f *fixture) add(name, expression, missed, ago string) {
	f.t.Helper()
	f.rows(`insert into galley.schedules (name, expression, missed, missed_limit, queue, kind, payload, next_at)
		values ($1, $2, $3, 5, 'q', 'k', '{"a": 1}', date_trunc('minute', now()) - $4::interval)`, name, expression, missed, ago)
}

// TestMissed: what nobody was there for is made up for as the schedule says.
func TestMissed(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		const minute = "select date_trunc('minute', now())"
		var got string
		for began, ended := "", "x"; began != ended; ended = f.rows(minute) { // once more when a minute begins meanwhile
			for _, table := range []string{"schedule_runs", "schedules", "jobs"} {
				f.rows("delete from galley." + table)
			}
			began = f.rows(minute)
			f.add("a", "* * * * *", "skip", "60 minutes")
			f.add("b", "* * * * *", "once", "60 minutes")
			f.add("c", "* * * * *", "all", "3 minutes")
			f.add("d", "* * * * *", "all", "60 minutes")
			f.add("e", "@yearly", "skip", "2 hours")
			one, two := f.keeper(), f.keeper()
			f.until("0", "select count(*) from galley.schedules where next_at <= now()")
			one()
			two()
			got = f.rows(`select s.name, count(r.due_at) from galley.schedules s left join galley.schedule_runs r
				on r.schedule = s.id group by s.name order by s.name`)
		}
		if got != "a,1|b,1|c,4|d,5|e,0" {
			t.Errorf("runs %s", got)
		}
		if got := f.rows("select distinct queue, kind, payload, state, max_attempts from galley.jobs"); got != `q,k,{"a": 1},available,25` {
			t.Errorf("jobs %s", got)
		}
		if got := f.rows("select count(*) from galley.jobs j join galley.schedule_runs r on r.job = j.id"); got != f.rows("select count(*) from galley.schedule_runs") {
			t.Errorf("%s jobs", got)
		}
	})
}

// TestOncePerTime: however many nodes there are, a due time has one run.
func TestOncePerTime(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		for i := range 20 {
			f.rows("insert into galley.schedules (name, expression, queue, kind) values ($1, '1 second', 'q', 'k')", fmt.Sprint(i))
		}
		for range 3 {
			f.keeper()
		}
		f.until("t", "select count(*) >= 100 from galley.schedule_runs")
		if got := f.rows(`select count(*) - count(distinct job), count(*) - (select count(*) from galley.jobs) from galley.schedule_runs`); got != "0,0" {
			t.Errorf("runs without a job of their own, and jobs without a run: %s", got)
		}
		if got := f.rows(`select s.id, r.due_at, count(*) from galley.jobs j join galley.schedule_runs r on r.job = j.id
			join galley.schedules s on s.id = r.schedule group by s.id, r.due_at having count(*) > 1`); got != "" {
			t.Errorf("twice: %s", got)
		}
	})
}

// TestClockSetBack: the times of the table are those of a clock that was ahead.
func TestClockSetBack(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.add("little", "* * * * *", "all", "-120 minutes") // the clock was two hours ahead
		f.add("much", "* * * * *", "all", "-24 hours")
		f.rows("update galley.schedules set last_at = next_at - interval '1 minute'")
		// This minute's and the next ones' runs were before that.
		f.rows(`insert into galley.schedule_runs (schedule, due_at, job)
			select id, date_trunc('minute', now()) + make_interval(mins => m), 0 from galley.schedules, generate_series(0, 120) m`)
		f.keeper()
		f.until("t", "select next_at <= now() + interval '2 minutes' from galley.schedules where name = 'much'")
		f.rows("update galley.schedules set next_at = date_trunc('minute', now()) where name = 'much'") // as if that minute had come
		f.until("t", "select next_at > now() from galley.schedules where name = 'much'")
		if got := f.rows("select count(*), (select next_at > now() + interval '110 minutes' from galley.schedules where name = 'little') from galley.jobs"); got != "0,t" {
			t.Errorf("jobs, and whether the little one waits: %s", got)
		}
	})
}

func TestCron(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.rows("create table public.marks (who text default current_user)")
		f.rows("grant all on public.marks to service_role, authenticated")
		client, err := jobs.New(jobs.Config{DB: f.open(), Poll: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
			Handlers: map[string]jobs.Handler{jobs.StatementKind: jobs.Statement(f.db, func(context.Context, string) error { return nil })}})
		if err != nil {
			t.Fatal(err)
		}
		client.Start()
		t.Cleanup(func() { _ = client.Stop(context.Background()) })
		f.keeper()
		const insert = "insert into public.marks default values;"
		one := f.rows("select cron.schedule('by owner', '1 second', $1)", insert)
		if again := f.rows("select cron.schedule('by owner', '1 seconds', $1)", insert); again != one {
			t.Errorf("the same name made another: %s, %s", one, again)
		}
		two, err := f.as("service_role", "select cron.schedule('1 second', $1)", insert)
		if err != nil {
			t.Fatal(err)
		}
		wrong := f.rows("select cron.schedule('wrong', '1 second', 'select nothing from nowhere')")
		if got := f.rows("select jobid, schedule, command, username, active, jobname from cron.job order by jobid limit 2"); got !=
			one+",1 seconds,"+insert+",postgres,t,by owner|"+two+",1 second,"+insert+",service_role,t,NULL" && f.db.Engine() == "embedded" {
			t.Errorf("cron.job %s", got)
		}
		f.until("service_role", "select distinct who from public.marks")
		details := "select distinct status, return_message from cron.job_run_details where status not in ('starting', 'running') and jobid = "
		f.until("succeeded,INSERT 0 1", details+one)
		f.until("succeeded,INSERT 0 1", details+two)
		f.until("t", "select count(*) > 0 from cron.job_run_details where status = 'failed' and return_message like '%nowhere%' and jobid = "+wrong)
		f.rows("select cron.alter_job($1, active => false)", one)
		f.rows("select cron.alter_job(job_id => $1::bigint, command => 'select 1', schedule => '0 0 1 1 *')", two)
		if got := f.rows("select schedule, command, active from cron.job where jobid < $1 order by jobid", wrong); got != "1 seconds,"+insert+",f|0 0 1 1 *,select 1,t" {
			t.Errorf("altered %s", got)
		}
		if got := f.rows("select cron.unschedule($1::bigint)", one) + f.rows("select cron.unschedule(jobid) from cron.job where jobname = 'wrong'"); got != "tt" {
			t.Errorf("unscheduled %q", got)
		}
		if got := f.rows("select jobid from cron.job"); got != two {
			t.Errorf("left %s", got)
		}
		for _, c := range []struct{ role, sql, code string }{
			{"", "select cron.schedule('x', '61 * * * *', 'select 1')", fault.InvalidParameter},
			{"", "select cron.alter_job(" + two + ", schedule => 'soon')", fault.InvalidParameter},
			{"service_role", "select cron.alter_job(" + two + ", schedule => '* * * *')", fault.InvalidParameter},
			{"", "select cron.schedule_in_database('x', '1 second', 'select 1', 'other')", fault.CheckViolation},
			{"anon", "select cron.schedule('x', '1 second', 'select 1')", fault.InsufficientPrivilege},
			{"authenticated", "select * from cron.job", fault.InsufficientPrivilege},
		} {
			if _, err := f.as(c.role, c.sql); fault.Code(err) != c.code {
				t.Errorf("%s: %v", c.sql, err)
			}
		}
	})
}
