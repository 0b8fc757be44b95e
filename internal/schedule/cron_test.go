package schedule_test

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

// TestCronAnswers says what the tests of pg_cron and the migrations of projects say, one
// statement after the other: a statement, and its rows or "!" and its error.
func TestCronAnswers(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, f *fixture) {
		f.rows("create table public.hosts (id integer primary key, name text)")
		f.rows("insert into public.hosts values (1, 'a'), (2, 'b')")
		f.rows("grant select on public.hosts to service_role")
		for _, role := range []string{"", "service_role"} {
			for _, c := range []struct{ sql, want string }{
				{"select cron.unschedule(job_name := 'no_such_job')", "!XX000 could not find valid entry for job 'no_such_job'"},
				{"select cron.unschedule(99999)", "!XX000 could not find valid entry for job 99999"},
				{"select cron.schedule('* * * *', 'select 1')", "!22023 invalid schedule: * * * *"},
				{"select cron.schedule('5 secondc', 'select 1')", "!22023 invalid schedule: 5 secondc"},
				{"select cron.schedule('50 seconds c', 'select 1')", "!22023"},
				{"select cron.schedule('*/0 10 * * *', 'select 1')", "!22023"},
				{"select cron.schedule('*/-1 10 * * *', 'select 1')", "!22023"},
				{"select cron.schedule('* * * 13 *', 'select 1')", "!22023"},
				{"select cron.schedule('0 seconds', 'select 1')", "!22023"},
				{"select cron.schedule('60 seconds', 'select 1')", "!22023"},
				{"select cron.schedule('@restart', 'select 1')", "!22023"},
				{"select cron.schedule('0 11 $foo * *', 'select 1')", "!22023"},
				{"select cron.schedule(null, '* * * * *', 'select 1')", "!XX000 job_name can not be NULL"},
				{"select cron.schedule('x', null, 'select 1')", "!XX000 schedule can not be NULL"},
				{"select cron.schedule('x', '* * * * *', null)", "!XX000 command can not be NULL"},
				{"select cron.schedule(null, 'select 1')", "!XX000 schedule can not be NULL"},
				{"select cron.schedule('one', ' 17  sEcOnDs ', 'select 1')", "#1"},
				{"select schedule from cron.job", "17 sEcOnDs"},
				{"select id, cron.schedule('host-' || name, '0 0 1 jan,MAR mon-fri', 'select ' || id) from hosts order by id", "#2"},
				{"select cron.schedule('host-' || name, '0 11 $ * *', 'select ' || id) from hosts order by id", "#2"},
				{"select cron.schedule('last', '59 seconds', 'select 1'), cron.schedule('one', '1 second', 'select 2')", "#1"},
				{"select jobname, schedule, command from cron.job order by 1", "host-a,0 11 $ * *,select 1|host-b,0 11 $ * *,select 2|last,59 seconds,select 1|one,1 second,select 2"},
				{"select cron.alter_job(0)", "!XX000 no updates specified"},
				{"select cron.alter_job(0, active := false)", "!XX000 Job 0 does not exist or you don't own it"},
				{"select cron.alter_job(job_id := (select jobid from cron.job where jobname = 'last'), schedule := 'never')", "!22023 invalid schedule: never"},
				{"select cron.alter_job(job_id := (select jobid from cron.job where jobname = 'last'), schedule := '*/5  * * * *', active := false)", "#1"},
				{"select cron.alter_job(jobid, database := 'elsewhere') from cron.job where jobname = 'last'", "!23514"},
				{"select jobname, schedule, active from cron.job where jobname = 'last'", "last,*/5 * * * *,f"},
				{"select cron.unschedule(jobid) from cron.job where jobname in ('one', 'nobody')", "t"},
				{"select cron.unschedule('one') where exists (select 1 from cron.job where jobname = 'one')", ""},
				{"select cron.unschedule('last') where exists (select 1 from cron.job where jobname = 'last')", "t"},
				{"select jobname, cron.unschedule(jobname) from cron.job where jobname like 'host-%' order by jobname desc", "host-b,t|host-a,t"},
				{"select cron.unschedule((select jobid from cron.job where jobname = 'one'))", "!XX000 could not find valid entry for job NULL"},
				{"select count(*) from cron.job", "0"},
				{"select * from cron.job_run_details order by start_time desc limit 5", ""},
			} {
				got, err := f.as(role, c.sql)
				f.same(c.sql, c.want, got, err)
			}
			f.rows("delete from galley.schedules")
		}
	})
}

// same compares an answer: rows, "#" and how many, or "!", the code of the error and how
// its message begins.
func (f *fixture) same(sql, want, got string, err error) {
	f.t.Helper()
	if err != nil {
		got = "!" + fault.Code(err) + " " + err.Error()
	}
	if count, ok := strings.CutPrefix(want, "#"); ok {
		if rows := strings.Count(got, "|") + 1; err != nil || count != string(rune('0'+rows)) {
			f.t.Errorf("%s: %s, want %s rows", sql, got, count)
		}
		return
	}
	if got != want && !(strings.HasPrefix(want, "!") && strings.HasPrefix(got, want)) {
		f.t.Errorf("%s: %s, want %s", sql, got, want)
	}
}

// TestDeleteRuns deletes what is known of runs, as projects' schedules do, and no more
// than that.
func TestDeleteRuns(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, f *fixture) {
		id := f.rows("select cron.schedule('a', '@daily', 'select 1')")
		other := f.rows("insert into galley.schedules (name, expression, queue, kind) values ('other', '@daily', 'q', 'k') returning id")
		job := f.rows("select galley.enqueue('cron', '{\"sql\": \"select 1\"}')")
		f.rows("update galley.jobs set state = 'completed', finished_at = now() - interval '8 days', started_at = now() - interval '8 days', result = '{\"tag\": \"SELECT 1\"}'")
		f.rows("insert into galley.schedule_runs (schedule, due_at, job) values ($1, now() - interval '8 days', $3), ($2, now() - interval '8 days', $3)", id, other, job)
		if got := f.rows("select jobid, username, command, status, return_message, end_time - start_time from cron.job_run_details"); got != id+",postgres,select 1,succeeded,SELECT 1,00:00:00" {
			t.Errorf("runs %s", got)
		}
		for _, c := range []struct{ sql, want string }{
			{"delete from cron.job_run_details where end_time > now() - interval '7 days' returning jobid", ""},
			{"delete from cron.job_run_details where end_time < now() - interval '7 days' returning jobid", id},
			{"select count(*) from cron.job_run_details", "0"},
		} {
			if got, err := f.as("service_role", c.sql); err != nil || got != c.want {
				t.Errorf("%s: %s %v, want %s", c.sql, got, err, c.want)
			}
		}
		if got := f.rows("select schedule from galley.schedule_runs"); got != other {
			t.Errorf("left the runs of %s", got)
		}
	})
}
