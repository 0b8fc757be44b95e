-- Message queues with the functions of the extension pgmq
-- (https://github.com/pgmq/pgmq, 1.5). No function makes tables on this engine, so
-- the messages of all queues lie in one, and what was archived in another.
create schema pgmq;

create table pgmq.queues (
  name text primary key,               -- in lower case, as the extension's tables
  next bigint not null default 1,      -- id of the next message
  touched bigint not null default 0    -- messages that the last call found
);
create table pgmq.meta (
  queue_name text primary key,
  is_partitioned boolean not null default false,
  is_unlogged boolean not null default false,
  created_at timestamptz not null default now()
);
create table pgmq.messages (
  queue text not null references pgmq.queues on delete cascade,
  msg_id bigint not null,
  read_ct integer not null default 0,
  enqueued_at timestamptz not null default now(),
  vt timestamptz not null,             -- when it may be read again
  message jsonb,
  headers jsonb,
  primary key (queue, msg_id)
);
create index messages_vt on pgmq.messages (queue, vt);
create table pgmq.archived (
  queue text not null references pgmq.queues on delete cascade,
  msg_id bigint not null,
  read_ct integer not null,
  enqueued_at timestamptz not null,
  archived_at timestamptz not null default now(),
  vt timestamptz not null,
  message jsonb,
  headers jsonb,
  primary key (queue, msg_id)
);

create table pgmq.dropped (queue_name text primary key); -- by the last call of drop_queue

-- The types of what the functions return.
create view pgmq.message_record as select msg_id, read_ct, enqueued_at, vt, message, headers from pgmq.messages where false;
create view pgmq.queue_record as select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta where false;
create view pgmq.metrics_result as select queue_name, 0::bigint as queue_length, 0 as newest_msg_age_sec,
  0 as oldest_msg_age_sec, 0::bigint as total_messages, created_at as scrape_time, 0::bigint as queue_visible_length
  from pgmq.meta where false;

create function pgmq.create(queue_name text)
returns void language sql security definer set search_path = '' as $$
  select galley_docs.raise('P0001', 'queue name contains invalid characters: $, ;, --, or ''') where $1 ~ '[$;'']|--';
  select galley_docs.raise('P0001', 'queue name is too long, maximum length is 48 characters') where length($1) >= 48;
  insert into pgmq.queues (name) values (lower($1)) on conflict do nothing;
  insert into pgmq.meta (queue_name, is_unlogged) values ($1, false) on conflict do nothing
$$;
create function pgmq.create_non_partitioned(queue_name text)
returns void language sql security definer set search_path = '' as $$
  select galley_docs.raise('P0001', 'queue name contains invalid characters: $, ;, --, or ''') where $1 ~ '[$;'']|--';
  select galley_docs.raise('P0001', 'queue name is too long, maximum length is 48 characters') where length($1) >= 48;
  insert into pgmq.queues (name) values (lower($1)) on conflict do nothing;
  insert into pgmq.meta (queue_name, is_unlogged) values ($1, false) on conflict do nothing
$$;
create function pgmq.create_unlogged(queue_name text)
returns void language sql security definer set search_path = '' as $$
  select galley_docs.raise('P0001', 'queue name contains invalid characters: $, ;, --, or ''') where $1 ~ '[$;'']|--';
  select galley_docs.raise('P0001', 'queue name is too long, maximum length is 48 characters') where length($1) >= 48;
  insert into pgmq.queues (name) values (lower($1)) on conflict do nothing;
  insert into pgmq.meta (queue_name, is_unlogged) values ($1, true) on conflict do nothing
$$;
create function pgmq.send(queue_name text, msg jsonb)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + 1 where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - 1, clock_timestamp(), $2, null from pgmq.queues q where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + 1 where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - 1, clock_timestamp(), $2, $3 from pgmq.queues q where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send(queue_name text, msg jsonb, delay integer)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + 1 where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - 1, clock_timestamp() + make_interval(secs => $3), $2, null from pgmq.queues q where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + 1 where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - 1, $3, $2, null from pgmq.queues q where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + 1 where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - 1, clock_timestamp() + make_interval(secs => $4), $2, $3 from pgmq.queues q where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + 1 where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - 1, $4, $2, $3 from pgmq.queues q where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[])
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + coalesce(cardinality($2), 0) where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - cardinality($2) - 1 + m.n, clock_timestamp(), m.msg, null
  from pgmq.queues q cross join unnest($2) with ordinality as m(msg, n) where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[])
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + coalesce(cardinality($2), 0) where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - cardinality($2) - 1 + m.n, clock_timestamp(), m.msg, ($3)[m.n]
  from pgmq.queues q cross join unnest($2) with ordinality as m(msg, n) where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer)
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + coalesce(cardinality($2), 0) where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - cardinality($2) - 1 + m.n, clock_timestamp() + make_interval(secs => $3), m.msg, null
  from pgmq.queues q cross join unnest($2) with ordinality as m(msg, n) where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz)
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + coalesce(cardinality($2), 0) where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - cardinality($2) - 1 + m.n, $3, m.msg, null
  from pgmq.queues q cross join unnest($2) with ordinality as m(msg, n) where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer)
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + coalesce(cardinality($2), 0) where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - cardinality($2) - 1 + m.n, clock_timestamp() + make_interval(secs => $4), m.msg, ($3)[m.n]
  from pgmq.queues q cross join unnest($2) with ordinality as m(msg, n) where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz)
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set next = q.next + coalesce(cardinality($2), 0) where q.name = lower($1);
  insert into pgmq.messages (queue, msg_id, vt, message, headers)
  select q.name, q.next - cardinality($2) - 1 + m.n, $4, m.msg, ($3)[m.n]
  from pgmq.queues q cross join unnest($2) with ordinality as m(msg, n) where q.name = lower($1)
  returning msg_id
$$;
create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}')
returns setof pgmq.message_record language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.messages m set vt = clock_timestamp() + make_interval(secs => $2), read_ct = m.read_ct + 1
  where m.queue = lower($1) and m.msg_id in (select n.msg_id from pgmq.messages n
    where n.queue = lower($1) and n.vt <= clock_timestamp() and ($4 = '{}' or n.message @> $4)
    order by n.msg_id limit $3 for update skip locked)
  returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers
$$;
create function pgmq.read_with_poll(queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100, conditional jsonb default '{}')
returns setof pgmq.message_record language sql security definer set search_path = '' as $$
  select galley_docs.raise('0A000', 'pgmq.read_with_poll is not supported by the embedded engine: while it waits nobody could send');
  select m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers from pgmq.messages m where false
$$;
create function pgmq.pop(queue_name text)
returns setof pgmq.message_record language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  delete from pgmq.messages m where m.queue = lower($1) and m.msg_id in (select n.msg_id from pgmq.messages n
    where n.queue = lower($1) and n.vt <= clock_timestamp() order by n.msg_id limit 1 for update skip locked)
  returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers
$$;
create function pgmq.archive(queue_name text, msg_id bigint)
returns boolean language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set touched = (select count(*) from pgmq.messages m where m.queue = lower($1) and m.msg_id = $2)
  where q.name = lower($1);
  insert into pgmq.archived (queue, msg_id, vt, read_ct, enqueued_at, message, headers)
  select m.queue, m.msg_id, m.vt, m.read_ct, m.enqueued_at, m.message, m.headers
  from pgmq.messages m where m.queue = lower($1) and m.msg_id = $2;
  delete from pgmq.messages m where m.queue = lower($1) and m.msg_id = $2;
  select q.touched > 0 from pgmq.queues q where q.name = lower($1)
$$;
create function pgmq.archive(queue_name text, msg_ids bigint[])
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  insert into pgmq.archived (queue, msg_id, vt, read_ct, enqueued_at, message, headers)
  select m.queue, m.msg_id, m.vt, m.read_ct, m.enqueued_at, m.message, m.headers
  from pgmq.messages m where m.queue = lower($1) and m.msg_id = any($2);
  delete from pgmq.messages m where m.queue = lower($1) and m.msg_id = any($2) returning m.msg_id
$$;
create function pgmq.delete(queue_name text, msg_id bigint)
returns boolean language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set touched = (select count(*) from pgmq.messages m where m.queue = lower($1) and m.msg_id = $2)
  where q.name = lower($1);
  delete from pgmq.messages m where m.queue = lower($1) and m.msg_id = $2;
  select q.touched > 0 from pgmq.queues q where q.name = lower($1)
$$;
create function pgmq.delete(queue_name text, msg_ids bigint[])
returns setof bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  delete from pgmq.messages m where m.queue = lower($1) and m.msg_id = any($2) returning m.msg_id
$$;
create function pgmq.purge_queue(queue_name text)
returns bigint language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.queues q set touched = (select count(*) from pgmq.messages m where m.queue = lower($1)) where q.name = lower($1);
  delete from pgmq.messages m where m.queue = lower($1);
  select q.touched from pgmq.queues q where q.name = lower($1)
$$;
create function pgmq.drop_queue(queue_name text)
returns boolean language sql security definer set search_path = '' as $$
  delete from pgmq.queues q where q.name = lower($1);
  delete from pgmq.dropped d;
  insert into pgmq.dropped (queue_name) select m.queue_name from pgmq.meta m where m.queue_name = $1;
  delete from pgmq.meta m where m.queue_name = $1;
  select exists (select from pgmq.dropped d)
$$;
create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer)
returns setof pgmq.message_record language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  update pgmq.messages m set vt = clock_timestamp() + make_interval(secs => $3)
  where m.queue = lower($1) and m.msg_id = $2 returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers
$$;
create function pgmq.list_queues()
returns setof pgmq.queue_record stable language sql security definer set search_path = '' as $$
  select m.queue_name, m.is_partitioned, m.is_unlogged, m.created_at from pgmq.meta m
$$;
create function pgmq.metrics(queue_name text)
returns setof pgmq.metrics_result language sql security definer set search_path = '' as $$
  select galley_docs.raise('42P01', 'relation "pgmq.' || lower('q_' || $1) || '" does not exist')
    where not exists (select from pgmq.queues q where q.name = lower($1));
  select $1, count(m.msg_id), extract(epoch from now() - max(m.enqueued_at))::integer,
    extract(epoch from now() - min(m.enqueued_at))::integer, q.next - 1, now(), count(m.msg_id) filter (where m.vt <= now())
  from pgmq.queues q left join pgmq.messages m on m.queue = q.name where q.name = lower($1) group by q.name, q.next
$$;
create function pgmq.metrics_all()
returns setof pgmq.metrics_result language sql security definer set search_path = '' as $$
  select e.queue_name, count(m.msg_id), extract(epoch from now() - max(m.enqueued_at))::integer,
    extract(epoch from now() - min(m.enqueued_at))::integer, q.next - 1, now(), count(m.msg_id) filter (where m.vt <= now())
  from pgmq.meta e join pgmq.queues q on q.name = lower(e.queue_name) left join pgmq.messages m on m.queue = q.name
  group by e.queue_name, q.name, q.next
$$;

revoke all on pgmq.queues, pgmq.meta, pgmq.messages, pgmq.archived, pgmq.dropped, pgmq.message_record, pgmq.queue_record, pgmq.metrics_result from public;
revoke all on function pgmq.create(text) from public;
grant execute on function pgmq.create(text) to service_role;
revoke all on function pgmq.create_non_partitioned(text) from public;
grant execute on function pgmq.create_non_partitioned(text) to service_role;
revoke all on function pgmq.create_unlogged(text) from public;
grant execute on function pgmq.create_unlogged(text) to service_role;
revoke all on function pgmq.send(text, jsonb) from public;
grant execute on function pgmq.send(text, jsonb) to service_role;
revoke all on function pgmq.send(text, jsonb, jsonb) from public;
grant execute on function pgmq.send(text, jsonb, jsonb) to service_role;
revoke all on function pgmq.send(text, jsonb, integer) from public;
grant execute on function pgmq.send(text, jsonb, integer) to service_role;
revoke all on function pgmq.send(text, jsonb, timestamptz) from public;
grant execute on function pgmq.send(text, jsonb, timestamptz) to service_role;
revoke all on function pgmq.send(text, jsonb, jsonb, integer) from public;
grant execute on function pgmq.send(text, jsonb, jsonb, integer) to service_role;
revoke all on function pgmq.send(text, jsonb, jsonb, timestamptz) from public;
grant execute on function pgmq.send(text, jsonb, jsonb, timestamptz) to service_role;
revoke all on function pgmq.send_batch(text, jsonb[]) from public;
grant execute on function pgmq.send_batch(text, jsonb[]) to service_role;
revoke all on function pgmq.send_batch(text, jsonb[], jsonb[]) from public;
grant execute on function pgmq.send_batch(text, jsonb[], jsonb[]) to service_role;
revoke all on function pgmq.send_batch(text, jsonb[], integer) from public;
grant execute on function pgmq.send_batch(text, jsonb[], integer) to service_role;
revoke all on function pgmq.send_batch(text, jsonb[], timestamptz) from public;
grant execute on function pgmq.send_batch(text, jsonb[], timestamptz) to service_role;
revoke all on function pgmq.send_batch(text, jsonb[], jsonb[], integer) from public;
grant execute on function pgmq.send_batch(text, jsonb[], jsonb[], integer) to service_role;
revoke all on function pgmq.send_batch(text, jsonb[], jsonb[], timestamptz) from public;
grant execute on function pgmq.send_batch(text, jsonb[], jsonb[], timestamptz) to service_role;
revoke all on function pgmq.read(text, integer, integer, jsonb) from public;
grant execute on function pgmq.read(text, integer, integer, jsonb) to service_role;
revoke all on function pgmq.read_with_poll(text, integer, integer, integer, integer, jsonb) from public;
grant execute on function pgmq.read_with_poll(text, integer, integer, integer, integer, jsonb) to service_role;
revoke all on function pgmq.pop(text) from public;
grant execute on function pgmq.pop(text) to service_role;
revoke all on function pgmq.archive(text, bigint) from public;
grant execute on function pgmq.archive(text, bigint) to service_role;
revoke all on function pgmq.archive(text, bigint[]) from public;
grant execute on function pgmq.archive(text, bigint[]) to service_role;
revoke all on function pgmq.delete(text, bigint) from public;
grant execute on function pgmq.delete(text, bigint) to service_role;
revoke all on function pgmq.delete(text, bigint[]) from public;
grant execute on function pgmq.delete(text, bigint[]) to service_role;
revoke all on function pgmq.purge_queue(text) from public;
grant execute on function pgmq.purge_queue(text) to service_role;
revoke all on function pgmq.drop_queue(text) from public;
grant execute on function pgmq.drop_queue(text) to service_role;
revoke all on function pgmq.set_vt(text, bigint, integer) from public;
grant execute on function pgmq.set_vt(text, bigint, integer) to service_role;
revoke all on function pgmq.list_queues() from public;
grant execute on function pgmq.list_queues() to service_role;
revoke all on function pgmq.metrics(text) from public;
grant execute on function pgmq.metrics(text) to service_role;
revoke all on function pgmq.metrics_all() from public;
grant execute on function pgmq.metrics_all() to service_role;
grant select on pgmq.meta to service_role;
grant usage on schema pgmq to service_role;
