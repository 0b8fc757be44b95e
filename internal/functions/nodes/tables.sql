-- Which functions each node serves, as of its last sign of life. Nothing refers to it.

create table galley.function_nodes (
  node text primary key,
  versions jsonb not null,        -- a digest for each function
  seen timestamptz not null
);
revoke all on galley.function_nodes from public;
