-- The durable queue: galley.jobs holds every job from its birth until some time
-- after its end, galley.queues what is known of a queue beyond its name.

create table galley.queues (
  name text primary key check (length(name) between 1 and 100),
  paused boolean not null default false,
  concurrency integer check (concurrency > 0),     -- jobs running at once on all nodes; null is no bound
  rate double precision check (rate > 0),          -- jobs begun a second; null is no bound
  tokens double precision not null default 0,      -- jobs that may begin at once, as of refilled_at
  refilled_at timestamptz not null default now()
);
revoke all on galley.queues from public;

create table galley.jobs (
  id bigint generated always as identity primary key,
  queue text not null check (length(queue) between 1 and 100),
  kind text not null check (length(kind) between 1 and 100),
  state text not null default 'available' check (state in
    ('available', 'scheduled', 'retryable', 'running', 'completed', 'cancelled', 'discarded')),
  priority smallint not null default 5 check (priority between 1 and 9),  -- 1 is first
  payload jsonb not null default '{}' check (octet_length(payload::text) <= 1048576),
  run_at timestamptz not null default now(),
  attempt integer not null default 0,
  max_attempts integer not null default 25 check (max_attempts between 1 and 1000),
  unique_key text check (length(unique_key) between 1 and 500),
  timeout interval,               -- of one attempt
  deadline timestamptz,           -- after which no attempt begins
  created_at timestamptz not null default now(),
  started_at timestamptz,         -- of the last attempt
  finished_at timestamptz,
  node text,                      -- that runs it
  lease_until timestamptz,        -- when that node is taken for dead
  cancel_requested boolean not null default false,
  progress real,                  -- 0 to 1
  note text,
  result jsonb,
  errors jsonb not null default '[]'
);
revoke all on galley.jobs from public;
create index jobs_ready on galley.jobs (queue, priority, id) where state = 'available';
create index jobs_due on galley.jobs (run_at) where state in ('scheduled', 'retryable');
create index jobs_running on galley.jobs (queue) where state = 'running';
create index jobs_finished on galley.jobs (state, finished_at) where finished_at is not null;
create unique index jobs_unique on galley.jobs (queue, unique_key)
  where unique_key is not null and state in ('available', 'scheduled', 'retryable', 'running');
