-- What functions write. It is kept for a while, and bounded; nothing refers to it.

create table galley.function_logs (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  function text not null,
  request_id text not null default '',
  level text not null,
  message text not null,
  fields jsonb
);
revoke all on galley.function_logs from public;
create index function_logs_function on galley.function_logs (function, id);
create index function_logs_at on galley.function_logs (at);
