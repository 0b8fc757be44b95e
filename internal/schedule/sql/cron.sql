-- pg_cron's functions and tables. A command runs as a job of kind sql, tried once,
-- never beside an earlier run of itself, under the role that scheduled it. So the
-- functions are the caller's (security invoker), who needs the rights on the table.

create schema cron;
grant usage on schema cron to service_role;
grant select, insert, update, delete on galley.schedules to service_role;

create function cron.schedule(job_name text, schedule text, command text)
returns bigint language sql as $$
  insert into galley.schedules (name, role, expression, missed, overlap, queue, kind, payload, max_attempts)
  values ($1, current_user, trim($2), 'skip', false, 'cron', 'sql', jsonb_build_object('sql', $3), 1)
  on conflict (name, role) do update set expression = excluded.expression, payload = excluded.payload,
    active = true, next_at = null, problem = null
  returning id
$$;
revoke all on function cron.schedule(text, text, text) from public;
grant execute on function cron.schedule(text, text, text) to service_role;

create function cron.schedule(schedule text, command text)
returns bigint language sql as $$
  insert into galley.schedules (role, expression, missed, overlap, queue, kind, payload, max_attempts)
  values (current_user, trim($1), 'skip', false, 'cron', 'sql', jsonb_build_object('sql', $2), 1)
  returning id
$$;
revoke all on function cron.schedule(text, text) from public;
grant execute on function cron.schedule(text, text) to service_role;

-- For this database it is schedule; another is refused by a constraint.
create function cron.schedule_in_database(job_name text, schedule text, command text, database text,
  username text default null, active boolean default true)
returns bigint language sql as $$
  insert into galley.schedules (name, role, expression, missed, overlap, queue, kind, payload, max_attempts, elsewhere, active)
  values ($1, coalesce($5, current_user), trim($2), 'skip', false, 'cron', 'sql', jsonb_build_object('sql', $3), 1,
    nullif($4, {{database}}), $6)
  on conflict (name, role) do update set expression = excluded.expression, payload = excluded.payload,
    active = excluded.active, next_at = null, problem = null
  returning id
$$;
revoke all on function cron.schedule_in_database(text, text, text, text, text, boolean) from public;
grant execute on function cron.schedule_in_database(text, text, text, text, text, boolean) to service_role;

create function cron.unschedule(job_id bigint)
returns boolean language sql as $$
  delete from galley.schedules where id = $1 and role <> '' returning true
$$;
revoke all on function cron.unschedule(bigint) from public;
grant execute on function cron.unschedule(bigint) to service_role;

create function cron.unschedule(job_name text)
returns boolean language sql as $$
  delete from galley.schedules where name = $1 and role = current_user returning true
$$;
revoke all on function cron.unschedule(text) from public;
grant execute on function cron.unschedule(text) to service_role;

create function cron.alter_job(job_id bigint, schedule text default null, command text default null,
  database text default null, username text default null, active boolean default null)
returns void language sql as $$
  update galley.schedules s set expression = coalesce(trim($2), s.expression), active = coalesce($6, s.active),
    payload = case when $3 is null then s.payload else jsonb_build_object('sql', $3) end,
    role = coalesce($5, s.role), elsewhere = nullif($4, {{database}}), next_at = null, problem = null
  where s.id = $1 and s.role <> ''
$$;
revoke all on function cron.alter_job(bigint, text, text, text, text, boolean) from public;
grant execute on function cron.alter_job(bigint, text, text, text, text, boolean) to service_role;

create view cron.job as
  select id as jobid, expression as schedule, payload->>'sql' as command, 'localhost' as nodename, 5432 as nodeport,
    {{database}} as database, role as username, active, name as jobname
  from galley.schedules where role <> '';
revoke all on cron.job from public;
grant select on cron.job to service_role;

create view cron.job_run_details as
  select s.id as jobid, r.id as runid, null::integer as job_pid, {{database}} as database, s.role as username,
    s.payload->>'sql' as command,
    case j.state when 'completed' then 'succeeded' when 'running' then 'running'
      when 'discarded' then 'failed' when 'cancelled' then 'failed' else 'starting' end as status,
    coalesce(j.errors->-1->>'error', j.result->>'tag') as return_message,
    j.started_at as start_time, j.finished_at as end_time
  from galley.schedule_runs r
  join galley.schedules s on s.id = r.schedule
  join galley.jobs j on j.id = r.job
  where s.role <> '';
revoke all on cron.job_run_details from public;
grant select on cron.job_run_details to service_role;
