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
