-- For functions in SQL, which have no other way to fail; the embedded engine has
-- galley_docs.raise for it.
create function galley.raise(code text, message text, hint text)
returns text language plpgsql as $$
begin
  raise exception using errcode = code, message = message, hint = hint;
end
$$;
revoke all on function galley.raise(text, text, text) from public;
grant execute on function galley.raise(text, text, text) to service_role;

-- The timeout of a job is above 0.
create function galley.refuse_timeout() returns interval language plpgsql as $$
begin
  raise check_violation using message = 'new row for relation "jobs" violates check constraint "jobs_timeout_check"',
    schema = 'galley', table = 'jobs', constraint = 'jobs_timeout_check';
end
$$;
revoke all on function galley.refuse_timeout() from public;

create or replace function galley.enqueue(
  queue text, payload jsonb default '{}', kind text default null, delay interval default null,
  run_at timestamptz default null, priority integer default 5, max_attempts integer default 25,
  unique_key text default null, timeout interval default null, deadline timestamptz default null
) returns bigint language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  job bigint;
begin
  -- The job of most: it may begin now, has no key, and nothing is wrong with it.
  if $4 is null and $5 is null and $8 is null
    and length($1) between 1 and 100 and ($3 is null or length($3) between 1 and 100)
    and octet_length($2::text) <= 1048576 and $6 between 1 and 9 and $7 between 1 and 1000 and ($9 is null or $9 > interval '0')
  then
    insert into galley.jobs (queue, kind, payload, priority, max_attempts, timeout, deadline)
    values ($1, coalesce($3, $1), $2, $6, $7, $9, $10)
    returning id into job;
  else
    if $9 <= interval '0' then
      perform galley.refuse_timeout();
    end if;
    perform galley.check_job($1, coalesce($3, $1), 'available', coalesce($6, 5)::smallint, coalesce($2, '{}'), coalesce($7, 25), $8);
    insert into galley.jobs (queue, kind, payload, state, run_at, priority, max_attempts, unique_key, timeout, deadline)
    values ($1, coalesce($3, $1), coalesce($2, '{}'),
      case when coalesce($5, now() + $4, now()) > now() then 'scheduled' else 'available' end,
      coalesce($5, now() + $4, now()), coalesce($6, 5), coalesce($7, 25), $8, $9, $10)
    on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
    do update set unique_key = excluded.unique_key
    returning id into job;
  end if;
  if pg_sequence_last_value('galley.job_sleep'::regclass) is not null then
    perform pg_notify('galley_jobs', '');
  end if;
  return job;
end
$$;

create or replace function galley.enqueue_many(jobs jsonb)
returns setof bigint language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  if pg_sequence_last_value('galley.job_sleep'::regclass) is not null then
    perform pg_notify('galley_jobs', '');
  end if;
  return query
  insert into galley.jobs (queue, kind, payload, state, run_at, priority, max_attempts, unique_key, timeout, deadline)
  select j.queue, coalesce(j.kind, j.queue), coalesce(j.payload, '{}'),
    case when coalesce(j.run_at, now() + j.delay, now()) > now() then 'scheduled' else 'available' end,
    coalesce(j.run_at, now() + j.delay, now()), coalesce(j.priority, 5), coalesce(j.max_attempts, 25), j.unique_key,
    case when j.timeout <= interval '0' then galley.refuse_timeout() else j.timeout end, j.deadline
  from jsonb_to_recordset($1) as j(queue text, kind text, payload jsonb, delay interval, run_at timestamptz,
    priority integer, max_attempts integer, unique_key text, timeout interval, deadline timestamptz)
  where galley.check_job(j.queue, coalesce(j.kind, j.queue), 'available', coalesce(j.priority, 5)::smallint, coalesce(j.payload, '{}'),
    coalesce(j.max_attempts, 25), j.unique_key)
  on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
  do update set unique_key = excluded.unique_key
  returning id;
end
$$;
