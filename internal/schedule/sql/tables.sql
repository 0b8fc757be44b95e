-- Schedules: galley.schedules tells what is to be enqueued when, and
-- galley.schedule_runs which due times were seen to, so that none is twice.

create table galley.schedules (
  id bigint generated always as identity primary key,
  name text check (length(name) between 1 and 200),
  role text not null default '',  -- who made it by cron.schedule; '' for the rest
  expression text not null constraint "invalid schedule" check (expression ~* {{expression}}),
  timezone text not null default 'UTC' check (length(timezone) between 1 and 100),
  missed text not null default 'once' check (missed in ('skip', 'once', 'all')),
  missed_limit integer not null default 100 check (missed_limit between 1 and 1000),
  overlap boolean not null default true,  -- a run may begin before the one before it has ended
  active boolean not null default true,
  queue text not null check (length(queue) between 1 and 100),
  kind text not null check (length(kind) between 1 and 100),
  payload jsonb not null default '{}' check (octet_length(payload::text) <= 1048576),
  priority integer not null default 5 check (priority between 1 and 9),
  max_attempts integer not null default 25 check (max_attempts between 1 and 1000),
  timeout interval,
  next_at timestamptz,            -- null until a node has seen it
  last_at timestamptz,            -- the last due time that was seen to
  problem text,                   -- why it cannot run
  elsewhere text constraint "a schedule runs in its own database" check (elsewhere is null),
  created_at timestamptz not null default now(),
  unique (name, role)
);
revoke all on galley.schedules from public;
create index schedules_next on galley.schedules (next_at) where active;

create table galley.schedule_runs (
  id bigint generated always as identity unique,
  schedule bigint not null references galley.schedules on delete cascade,
  due_at timestamptz not null,
  job bigint not null,
  created_at timestamptz not null default now(),
  primary key (schedule, due_at)
);
revoke all on galley.schedule_runs from public;
create index schedule_runs_job on galley.schedule_runs (job);
create index schedule_runs_created on galley.schedule_runs (created_at);
