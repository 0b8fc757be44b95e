-- The functions that enqueue, in PL/pgSQL: a session keeps the plans of their
-- statements, while a SQL function that is not inlined is parsed and planned at
-- each call, which took longer than the insert itself. What each does is as before.

create or replace function galley.enqueue(
  queue text, payload jsonb default '{}', kind text default null, delay interval default null,
  run_at timestamptz default null, priority integer default 5, max_attempts integer default 25,
  unique_key text default null, timeout interval default null, deadline timestamptz default null
) returns bigint language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  job bigint;
  asleep boolean;
begin
  insert into galley.jobs (queue, kind, payload, state, run_at, priority, max_attempts, unique_key, timeout, deadline)
  values ($1, coalesce($3, $1), coalesce($2, '{}'),
    case when coalesce($5, now() + $4, now()) > now() then 'scheduled' else 'available' end,
    coalesce($5, now() + $4, now()), coalesce($6, 5), coalesce($7, 25), $8, $9, $10)
  on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
  do update set unique_key = excluded.unique_key
  returning id, exists (select from galley.job_waiters) into job, asleep;
  if asleep then
    perform pg_notify('galley_jobs', '');
  end if;
  return job;
end
$$;

create or replace function galley.enqueue_many(jobs jsonb)
returns setof bigint language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  if exists (select from galley.job_waiters) then
    perform pg_notify('galley_jobs', '');
  end if;
  return query
  insert into galley.jobs (queue, kind, payload, state, run_at, priority, max_attempts, unique_key, timeout, deadline)
  select j.queue, coalesce(j.kind, j.queue), coalesce(j.payload, '{}'),
    case when coalesce(j.run_at, now() + j.delay, now()) > now() then 'scheduled' else 'available' end,
    coalesce(j.run_at, now() + j.delay, now()), coalesce(j.priority, 5), coalesce(j.max_attempts, 25),
    j.unique_key, j.timeout, j.deadline
  from jsonb_to_recordset($1) as j(queue text, kind text, payload jsonb, delay interval, run_at timestamptz,
    priority integer, max_attempts integer, unique_key text, timeout interval, deadline timestamptz)
  on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
  do update set unique_key = excluded.unique_key
  returning id;
end
$$;

-- The constraints of a job in one function: PostgreSQL reads and prepares each
-- constraint anew at every statement, which for seven of them took half the time of
-- an insert, and keeps the plan of a function. What they say is as before.
create function galley.check_job(queue text, kind text, state text, priority smallint, payload jsonb, max_attempts integer, unique_key text)
returns boolean language plpgsql immutable as $$
begin
  if (length(queue) between 1 and 100 and length(kind) between 1 and 100
    and state in ('available', 'scheduled', 'retryable', 'running', 'completed', 'cancelled', 'discarded')
    and priority between 1 and 9 and octet_length(payload::text) <= 1048576
    and max_attempts between 1 and 1000 and length(unique_key) between 1 and 500) is not false
  then
    return true;
  end if;
  declare
    violated constant text := case -- in the order of their names, as PostgreSQL checks them
      when length(kind) not between 1 and 100 then 'jobs_kind_check'
      when max_attempts not between 1 and 1000 then 'jobs_max_attempts_check'
      when octet_length(payload::text) > 1048576 then 'jobs_payload_check'
      when priority not between 1 and 9 then 'jobs_priority_check'
      when length(queue) not between 1 and 100 then 'jobs_queue_check'
      when state not in ('available', 'scheduled', 'retryable', 'running', 'completed', 'cancelled', 'discarded') then 'jobs_state_check'
      else 'jobs_unique_key_check' end;
  begin
    raise check_violation using message = format('new row for relation "jobs" violates check constraint "%s"', violated),
      schema = 'galley', table = 'jobs', constraint = violated;
  end;
end
$$;
revoke all on function galley.check_job(text, text, text, smallint, jsonb, integer, text) from public;
alter table galley.jobs
  drop constraint jobs_queue_check, drop constraint jobs_kind_check, drop constraint jobs_state_check,
  drop constraint jobs_priority_check, drop constraint jobs_payload_check, drop constraint jobs_max_attempts_check,
  drop constraint jobs_unique_key_check,
  add constraint jobs_check check (galley.check_job(queue, kind, state, priority, payload, max_attempts, unique_key));
