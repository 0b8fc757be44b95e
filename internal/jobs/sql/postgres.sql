-- Nodes that sleep until they are told. Only then does whoever enqueues say
-- NOTIFY, because that lets no two transactions commit at once. Rows that a crash
-- loses are made again: a sleeping node looks by itself every second.
create unlogged table galley.job_waiters (
  node text primary key,
  since timestamptz not null default now()
);
revoke all on galley.job_waiters from public;
