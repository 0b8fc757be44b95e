-- What is wrong is refused as pg_cron does, with its messages and codes. Blanks within
-- an expression count as one. The runs can be deleted: the view is over their table.

create or replace function cron.schedule(job_name text, schedule text, command text)
returns bigint language sql as $$
  select {{raise}}('XX000', case when $1 is null then 'job_name' when $2 is null then 'schedule' else 'command' end || ' can not be NULL', 'Give all of them.')
    where $1 is null or $2 is null or $3 is null;
  select {{raise}}('22023', 'invalid schedule: ' || $2, {{hint}}) where regexp_replace(trim($2), '\s+', ' ', 'g') !~* {{expression}};
  insert into galley.schedules (name, role, expression, missed, overlap, queue, kind, payload, max_attempts)
  values ($1, current_user, regexp_replace(trim($2), '\s+', ' ', 'g'), 'skip', false, 'cron', 'sql', jsonb_build_object('sql', $3), 1)
  on conflict (name, role) do update set expression = excluded.expression, payload = excluded.payload,
    active = true, next_at = null, problem = null
  returning id
$$;

create or replace function cron.schedule(schedule text, command text)
returns bigint language sql as $$
  select {{raise}}('XX000', case when $1 is null then 'schedule' else 'command' end || ' can not be NULL', 'Give both of them.')
    where $1 is null or $2 is null;
  select {{raise}}('22023', 'invalid schedule: ' || $1, {{hint}}) where regexp_replace(trim($1), '\s+', ' ', 'g') !~* {{expression}};
  insert into galley.schedules (role, expression, missed, overlap, queue, kind, payload, max_attempts)
  values (current_user, regexp_replace(trim($1), '\s+', ' ', 'g'), 'skip', false, 'cron', 'sql', jsonb_build_object('sql', $2), 1)
  returning id
$$;

create or replace function cron.schedule_in_database(job_name text, schedule text, command text, database text,
  username text default null, active boolean default true)
returns bigint language sql as $$
  select {{raise}}('XX000', case when $1 is null then 'job_name' when $2 is null then 'schedule' else 'command' end || ' can not be NULL', 'Give all of them.')
    where $1 is null or $2 is null or $3 is null;
  select {{raise}}('22023', 'invalid schedule: ' || $2, {{hint}}) where regexp_replace(trim($2), '\s+', ' ', 'g') !~* {{expression}};
  insert into galley.schedules (name, role, expression, missed, overlap, queue, kind, payload, max_attempts, elsewhere, active)
  values ($1, coalesce($5, current_user), regexp_replace(trim($2), '\s+', ' ', 'g'), 'skip', false, 'cron', 'sql', jsonb_build_object('sql', $3), 1,
    nullif($4, {{database}}), coalesce($6, true))
  on conflict (name, role) do update set expression = excluded.expression, payload = excluded.payload,
    active = excluded.active, next_at = null, problem = null
  returning id
$$;

create or replace function cron.unschedule(job_id bigint)
returns boolean language sql as $$
  select {{raise}}('XX000', 'could not find valid entry for job ' || coalesce($1::text, 'NULL'), 'The jobs are in cron.job.')
    where not exists (select from galley.schedules s where s.id = $1 and s.role <> '');
  delete from galley.schedules where id = $1 and role <> '' returning true
$$;

create or replace function cron.unschedule(job_name text)
returns boolean language sql as $$
  select {{raise}}('XX000', case when $1 is null then 'job_name can not be NULL' else 'could not find valid entry for job ''' || $1 || '''' end,
      'The jobs are in cron.job. Only those of the role that made them are found by their name.')
    where not exists (select from galley.schedules s where s.name = $1 and s.role = current_user);
  delete from galley.schedules where name = $1 and role = current_user returning true
$$;

create or replace function cron.alter_job(job_id bigint, schedule text default null, command text default null,
  database text default null, username text default null, active boolean default null)
returns void language sql as $$
  select {{raise}}('XX000', 'no updates specified', 'You must specify at least one job attribute to change when calling alter_job')
    where coalesce($2, $3, $4, $5, $6::text) is null;
  select {{raise}}('22023', 'invalid schedule: ' || $2, {{hint}}) where regexp_replace(trim($2), '\s+', ' ', 'g') !~* {{expression}};
  select {{raise}}('XX000', 'Job ' || coalesce($1::text, 'NULL') || ' does not exist or you don''t own it', 'The jobs are in cron.job.')
    where not exists (select from galley.schedules s where s.id = $1 and s.role <> '');
  update galley.schedules s set expression = coalesce(regexp_replace(trim($2), '\s+', ' ', 'g'), s.expression), active = coalesce($6, s.active),
    payload = case when $3 is null then s.payload else jsonb_build_object('sql', $3) end,
    role = coalesce($5, s.role), elsewhere = nullif($4, {{database}}), next_at = null, problem = null
  where s.id = $1 and s.role <> ''
$$;

create or replace view cron.job_run_details as
  select r.schedule as jobid, r.id as runid, null::integer as job_pid, {{database}} as database,
    (select s.role from galley.schedules s where s.id = r.schedule) as username,
    (select s.payload->>'sql' from galley.schedules s where s.id = r.schedule) as command,
    (select case j.state when 'completed' then 'succeeded' when 'running' then 'running'
      when 'discarded' then 'failed' when 'cancelled' then 'failed' else 'starting' end
      from galley.jobs j where j.id = r.job) as status,
    (select coalesce(j.errors->-1->>'error', j.result->>'tag') from galley.jobs j where j.id = r.job) as return_message,
    (select j.started_at from galley.jobs j where j.id = r.job) as start_time,
    (select j.finished_at from galley.jobs j where j.id = r.job) as end_time
  from galley.schedule_runs r
  where exists (select from galley.schedules s where s.id = r.schedule and s.role <> '')
    and exists (select from galley.jobs j where j.id = r.job);
grant delete on cron.job_run_details to service_role;
