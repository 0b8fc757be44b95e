-- What the service role and the project's own functions may call. A job's kind
-- tells who handles it; without one it is the queue's name.

create function galley.enqueue(
  queue text, payload jsonb default '{}', kind text default null, delay interval default null,
  run_at timestamptz default null, priority integer default 5, max_attempts integer default 25,
  unique_key text default null, timeout interval default null, deadline timestamptz default null
) returns bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, state, run_at, priority, max_attempts, unique_key, timeout, deadline)
  values ($1, coalesce($3, $1), coalesce($2, '{}'),
    case when coalesce($5, now() + $4, now()) > now() then 'scheduled' else 'available' end,
    coalesce($5, now() + $4, now()), coalesce($6, 5), coalesce($7, 25), $8, $9, $10)
  on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
  do update set unique_key = excluded.unique_key
  returning id
$$;
revoke all on function galley.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, interval, timestamptz) from public;
grant execute on function galley.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, interval, timestamptz) to service_role;

-- An array of objects with the names of enqueue's parameters. The ids come in its
-- order.
create function galley.enqueue_many(jobs jsonb)
returns setof bigint language sql security definer set search_path = '' as $$
  {{wake}};
  insert into galley.jobs (queue, kind, payload, state, run_at, priority, max_attempts, unique_key, timeout, deadline)
  select j.queue, coalesce(j.kind, j.queue), coalesce(j.payload, '{}'),
    case when coalesce(j.run_at, now() + j.delay, now()) > now() then 'scheduled' else 'available' end,
    coalesce(j.run_at, now() + j.delay, now()), coalesce(j.priority, 5), coalesce(j.max_attempts, 25),
    j.unique_key, j.timeout, j.deadline
  from jsonb_to_recordset($1) as j(queue text, kind text, payload jsonb, delay interval, run_at timestamptz,
    priority integer, max_attempts integer, unique_key text, timeout interval, deadline timestamptz)
  on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
  do update set unique_key = excluded.unique_key
  returning id
$$;
revoke all on function galley.enqueue_many(jsonb) from public;
grant execute on function galley.enqueue_many(jsonb) to service_role;

-- Ends a job that has not begun, and asks one that runs to end. Its state then, null
-- if there is no such job.
create function galley.cancel_job(id bigint)
returns text language sql security definer set search_path = '' as $$
  select pg_notify('galley_jobs', 'cancel');
  update galley.jobs j set cancel_requested = true,
    state = case when j.state = 'running' then 'running' else 'cancelled' end,
    finished_at = case when j.state = 'running' then null else now() end
  where j.id = $1 and j.state in ('available', 'scheduled', 'retryable', 'running')
  returning j.state
$$;
revoke all on function galley.cancel_job(bigint) from public;
grant execute on function galley.cancel_job(bigint) to service_role;

-- Has a job run (again) now: one that waits, or a dead letter. Its state then, null
-- if there is no such job.
create function galley.retry_job(id bigint)
returns text language sql security definer set search_path = '' as $$
  {{wake}};
  update galley.jobs j set state = 'available', run_at = now(), finished_at = null, cancel_requested = false,
    max_attempts = greatest(j.max_attempts, j.attempt + 1),
    deadline = case when j.deadline > now() then j.deadline end
  where j.id = $1 and j.state in ('scheduled', 'retryable', 'cancelled', 'discarded')
  returning j.state
$$;
revoke all on function galley.retry_job(bigint) from public;
grant execute on function galley.retry_job(bigint) to service_role;

grant usage on schema galley to service_role;
