create table galley.function_ai_usage (
  day date primary key,                  -- of UTC
  tokens bigint not null default 0,      -- prompts and answers, and what is reserved for those under way
  calls bigint not null default 0
);
revoke all on galley.function_ai_usage from public;
