-- How much of each limit is used up, and how often a sign-in to an account failed.
-- Times are seconds since 1970, so that both engines do the same arithmetic; keys
-- are hashes, so that no address of a person lies here.

create table galley.auth_limits (
  key text primary key,
  full_at double precision not null, -- when the bucket will be full again
  step double precision not null,    -- seconds in which one more request is allowed
  room double precision not null     -- seconds that the bucket holds
);
revoke all on galley.auth_limits from public;
create index auth_limits_full_at on galley.auth_limits (full_at);

create table galley.auth_attempts (
  key text primary key,
  failures integer not null,         -- attempts since one was right
  last_at double precision not null,
  until double precision not null    -- before then no other attempt is made
);
revoke all on galley.auth_attempts from public;
create index auth_attempts_last_at on galley.auth_attempts (last_at);
