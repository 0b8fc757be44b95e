-- What everybody who enqueues pays for, made less. PostgreSQL reads and prepares a
-- check constraint anew for every statement on its table, looks for conflicts where
-- no key can be in one, and begins a scan of a table to see that it is empty. So the
-- functions check what they are given, a job without a key is plainly inserted, and
-- a sequence tells whether a node sleeps. What each does is as before.

alter table galley.jobs drop constraint jobs_check;

-- Changes are checked as they were, the owner's too: check_job raises the error, so
-- that the trigger itself never has anything to do.
create function galley.job_changed() returns trigger language plpgsql as $$ begin return new; end $$;
revoke all on function galley.job_changed() from public;
create trigger job_changed before update of queue, kind, state, priority, payload, max_attempts, unique_key on galley.jobs
  for each row when (not galley.check_job(new.queue, new.kind, new.state, new.priority, new.payload, new.max_attempts, new.unique_key))
  execute function galley.job_changed();

-- It has a value while galley.job_waiters has rows. Those who change them do it one
-- after the other, so that it is never left without one beside a row.
create sequence galley.job_sleep;
revoke all on sequence galley.job_sleep from public;
create function galley.job_waiters_changed() returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(3902154107736215583);
  perform setval('galley.job_sleep', 1, exists (select from galley.job_waiters));
  return null;
end
$$;
revoke all on function galley.job_waiters_changed() from public;
create trigger job_waiters_changed after insert or update or delete on galley.job_waiters
  for each statement execute function galley.job_waiters_changed();
update galley.job_waiters set since = since; -- for those who sleep now

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
    and octet_length($2::text) <= 1048576 and $6 between 1 and 9 and $7 between 1 and 1000
  then
    insert into galley.jobs (queue, kind, payload, priority, max_attempts, timeout, deadline)
    values ($1, coalesce($3, $1), $2, $6, $7, $9, $10)
    returning id into job;
  else
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
    coalesce(j.run_at, now() + j.delay, now()), coalesce(j.priority, 5), coalesce(j.max_attempts, 25),
    j.unique_key, j.timeout, j.deadline
  from jsonb_to_recordset($1) as j(queue text, kind text, payload jsonb, delay interval, run_at timestamptz,
    priority integer, max_attempts integer, unique_key text, timeout interval, deadline timestamptz)
  where galley.check_job(j.queue, coalesce(j.kind, j.queue), 'available', coalesce(j.priority, 5)::smallint, coalesce(j.payload, '{}'),
    coalesce(j.max_attempts, 25), j.unique_key)
  on conflict (queue, unique_key) where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running')
  do update set unique_key = excluded.unique_key
  returning id;
end
$$;
