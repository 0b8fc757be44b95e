-- Message queues with the functions of the extension pgmq
-- (https://github.com/pgmq/pgmq, 1.5): a table pgmq.q_NAME for each queue, and
-- pgmq.a_NAME for what was archived. The functions run as their owner; who may
-- call one may use every queue.
create schema pgmq;

create table pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz not null default now()
);
create type pgmq.message_record as (msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb);
create type pgmq.queue_record as (queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz);
create type pgmq.metrics_result as (queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer,
  total_messages bigint, scrape_time timestamptz, queue_visible_length bigint);

create function pgmq.format_table_name(queue_name text, prefix text)
returns text language plpgsql set search_path = '' as $$
begin
  if queue_name ~ '\$|;|--|''' then
    raise exception 'queue name contains invalid characters: $, ;, --, or ''';
  end if;
  return lower(prefix || '_' || queue_name);
end $$;

create function pgmq.validate_queue_name(queue_name text)
returns void language plpgsql set search_path = '' as $$
begin
  if length(queue_name) >= 48 then
    raise exception 'queue name is too long, maximum length is 48 characters';
  end if;
end $$;

create function pgmq.make_queue(queue_name text, unlogged boolean)
returns void language plpgsql security definer set search_path = '' set client_min_messages = 'warning' as $$
declare
  q text := pgmq.format_table_name(queue_name, 'q');
  a text := pgmq.format_table_name(queue_name, 'a');
begin
  perform pgmq.validate_queue_name(queue_name);
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pgmq.' || q));
  execute format('create %s table if not exists pgmq.%I (msg_id bigint primary key generated always as identity,
    read_ct integer not null default 0, enqueued_at timestamptz not null default now(), vt timestamptz not null,
    message jsonb, headers jsonb)', case when unlogged then 'unlogged' else '' end, q);
  execute format('create table if not exists pgmq.%I (msg_id bigint primary key, read_ct integer not null default 0,
    enqueued_at timestamptz not null default now(), archived_at timestamptz not null default now(), vt timestamptz not null,
    message jsonb, headers jsonb)', a);
  execute format('create index if not exists %I on pgmq.%I (vt)', q || '_vt_idx', q);
  execute format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || lower(queue_name), a);
  execute format('grant all on pgmq.%I, pgmq.%I to service_role', q, a);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values (make_queue.queue_name, false, unlogged) on conflict do nothing;
end $$;

create function pgmq.create_non_partitioned(queue_name text) returns void language sql security definer set search_path = '' as
  $$ select pgmq.make_queue($1, false) $$;
create function pgmq.create(queue_name text) returns void language sql security definer set search_path = '' as
  $$ select pgmq.make_queue($1, false) $$;
create function pgmq.create_unlogged(queue_name text) returns void language sql security definer set search_path = '' as
  $$ select pgmq.make_queue($1, true) $$;

create function pgmq.drop_queue(queue_name text)
returns boolean language plpgsql security definer set search_path = '' set client_min_messages = 'warning' as $$
begin
  execute format('drop table if exists pgmq.%I, pgmq.%I', pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'));
  delete from pgmq.meta m where m.queue_name = $1;
  return found;
end $$;

create function pgmq.purge_queue(queue_name text)
returns bigint language plpgsql security definer set search_path = '' as $$
declare n bigint;
begin
  execute format('delete from pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  get diagnostics n = row_count;
  return n;
end $$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz)
returns setof bigint language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('insert into pgmq.%I (vt, message, headers) values ($1, $2, $3) returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using delay, msg, headers;
end $$;
create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send($1, $2, null, clock_timestamp()) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send($1, $2, $3, clock_timestamp()) $$;
create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send($1, $2, null, clock_timestamp() + make_interval(secs => $3)) $$;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send($1, $2, null, $3) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send($1, $2, $3, clock_timestamp() + make_interval(secs => $4)) $$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz)
returns setof bigint language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('insert into pgmq.%I (vt, message, headers)
    select $1, m.msg, $3[m.n] from unnest($2) with ordinality as m(msg, n) order by m.n returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using delay, msgs, headers;
end $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send_batch($1, $2, null, clock_timestamp()) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send_batch($1, $2, $3, clock_timestamp()) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send_batch($1, $2, null, clock_timestamp() + make_interval(secs => $3)) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send_batch($1, $2, null, $3) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint language sql security definer set search_path = '' as
  $$ select pgmq.send_batch($1, $2, $3, clock_timestamp() + make_interval(secs => $4)) $$;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}')
returns setof pgmq.message_record language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('with next as materialized (
      select msg_id from pgmq.%1$I where vt <= clock_timestamp() and ($3 = ''{}'' or message @> $3)
      order by msg_id limit $2 for update skip locked)
    update pgmq.%1$I m set vt = clock_timestamp() + make_interval(secs => $1), read_ct = m.read_ct + 1
    from next where m.msg_id = next.msg_id
    returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers',
    pgmq.format_table_name(queue_name, 'q')) using vt, qty, conditional;
end $$;

-- Waits a minute at most, since it holds a connection all the while.
create function pgmq.read_with_poll(queue_name text, vt integer, qty integer, max_poll_seconds integer default 5,
  poll_interval_ms integer default 100, conditional jsonb default '{}')
returns setof pgmq.message_record language plpgsql security definer set search_path = '' as $$
declare
  until timestamptz := clock_timestamp() + make_interval(secs => least(max_poll_seconds, 60));
begin
  loop
    return query select * from pgmq.read($1, $2, $3, $6);
    exit when found or clock_timestamp() >= until;
    perform pg_catalog.pg_sleep(greatest(poll_interval_ms, 10) / 1000.0);
  end loop;
end $$;

create function pgmq.pop(queue_name text)
returns setof pgmq.message_record language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('with next as materialized (
      select msg_id from pgmq.%1$I where vt <= clock_timestamp() order by msg_id limit 1 for update skip locked)
    delete from pgmq.%1$I m using next where m.msg_id = next.msg_id
    returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers', pgmq.format_table_name(queue_name, 'q'));
end $$;

create function pgmq.archive(queue_name text, msg_ids bigint[])
returns setof bigint language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('with gone as (delete from pgmq.%I where msg_id = any($1)
      returning msg_id, vt, read_ct, enqueued_at, message, headers)
    insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers) select * from gone returning msg_id',
    pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a')) using msg_ids;
end $$;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql security definer set search_path = '' as
  $$ select exists (select from pgmq.archive($1, array[$2])) $$;

create function pgmq.delete(queue_name text, msg_ids bigint[])
returns setof bigint language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('delete from pgmq.%I where msg_id = any($1) returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using msg_ids;
end $$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql security definer set search_path = '' as
  $$ select exists (select from pgmq.delete($1, array[$2])) $$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer)
returns setof pgmq.message_record language plpgsql security definer set search_path = '' as $$
begin
  return query execute format('update pgmq.%I set vt = clock_timestamp() + make_interval(secs => $2) where msg_id = $1
    returning msg_id, read_ct, enqueued_at, vt, message, headers', pgmq.format_table_name(queue_name, 'q')) using msg_id, vt;
end $$;

create function pgmq.list_queues() returns setof pgmq.queue_record language sql stable security definer set search_path = '' as
  $$ select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta $$;

create function pgmq.metrics(queue_name text)
returns pgmq.metrics_result language plpgsql security definer set search_path = '' as $$
declare r pgmq.metrics_result;
begin
  execute format('select $1, count(*), extract(epoch from now() - max(enqueued_at))::integer,
      extract(epoch from now() - min(enqueued_at))::integer, (select case when is_called then last_value else 0 end from pgmq.%I),
      now(), count(*) filter (where vt <= now()) from pgmq.%I',
    pgmq.format_table_name(queue_name, 'q') || '_msg_id_seq', pgmq.format_table_name(queue_name, 'q')) into r using queue_name;
  return r;
end $$;
create function pgmq.metrics_all() returns setof pgmq.metrics_result language sql security definer set search_path = '' as
  $$ select m.* from pgmq.meta q cross join lateral pgmq.metrics(q.queue_name) m $$;

revoke all on all functions in schema pgmq from public;
grant execute on all functions in schema pgmq to service_role;
revoke execute on function pgmq.make_queue(text, boolean) from service_role;
grant select on pgmq.meta to service_role;
grant usage on schema pgmq to service_role;
