-- setup
create table jobs (id bigint generated always as identity primary key, queue text not null check (length(queue) < 10), payload jsonb not null, key text unique);
create table orders (id bigint generated always as identity primary key, item text not null, n integer, at timestamptz default '2026-01-01', unique (item));
create table lines (id serial primary key, of bigint not null references orders, what text);
create table notes (id serial primary key, t text);
create view seen as select id, item from orders where n is null with check option;
create function put(queue text, payload jsonb default '{}', key text default null) returns bigint language sql security definer set search_path = '' as $$
  insert into public.notes (t) values ('put ' || coalesce($1, '?'));
  insert into public.jobs (queue, payload, key) values ($1, coalesce($2, '{}'), $3) on conflict (key) do update set key = excluded.key returning id
$$;
create function line(of bigint, what text) returns text language sql as $$
  insert into lines (of, what) values ($1, $2);
  select item || '/' || what from orders where id = $1
$$;
create function forget(i bigint) returns void language sql as $$ delete from lines where of = i; delete from orders where id = i $$;
create function many(of bigint) returns setof text language sql as $$ insert into lines (of, what) values ($1, 'm'); select what from lines order by id $$;
create function pure(a bigint) returns bigint language sql as 'select a + 1';
create function place(item text) returns bigint language sql security definer as $$
  with o as (insert into orders (item) values ($1) returning id, item)
  select put('mail', jsonb_build_object('order', o.id, 'item', o.item)) from o
$$;
create function place_more(item text) returns text language sql as $$
  insert into notes (t) values ('more');
  with o as (insert into orders (item) values ($1) returning id)
  select line(o.id, 'first') from o;
  with l as (insert into lines (of, what) values ((select max(id) from orders), 'second') returning what) select what || ' ' || $1 from l
$$;
create function new_id(item text) returns bigint language sql as $$ with o as (insert into orders (item) values ($1) returning id) select id + 100 from o $$;

with o as (insert into orders (item) values ('pen') returning id) select put('mail', jsonb_build_object('order', o.id)) from o

with o as (insert into orders (item, n) values ('ink', 2) returning *) select put(key => item || id, payload => to_jsonb(n), queue => 'q' || n) from o

with o as (insert into orders (item, n) values ('ink2', 2) returning *) select put(key => item || id, payload => to_jsonb(n), queue => 'q' || n) as made from o

with o (a, b) as (insert into orders (item) values ('cup') returning item, id) select line(b, a) from o

with o as (insert into orders (item) values ('bad') returning id) select put('far too long a name', to_jsonb(id)) from o

with o as (insert into orders (item) values ('pen') returning id) select put('mail', to_jsonb(id)) from o

with o as (insert into orders (item) values (null) returning id) select put('mail', to_jsonb(id)) from o

with o as (insert into orders (item) values ('gone') returning id) select forget(id) from o

with o as (insert into orders (item) values ('pure') returning id) select pure(id) from o

with o as (insert into seen (item) values ('through a view') returning id) select put('view', to_jsonb(id)) from o

-- types: ["text"]
-- args: ["given"]
with o as (insert into orders (item) values ($1) returning id, item) select put('arg', jsonb_build_object('a', $1::text, 'b', o.item)) from o

with o as (insert into orders (item) values ((select 'of ' || count(*) from notes)) returning id) select put('sub', to_jsonb(id)) from o

with o as (insert into orders (item) values ('no column') returning id) select put('none') from o

with o as (insert into orders (item) values ('r8') returning id) select put('mail', to_jsonb(o)) from o

select place('from a function')

select * from place('from another')

select place('from another')

select place_more('more')

select new_id('plain')

select * from new_id('in from')

select id, item, n from orders order by id

select id, queue, payload, key from jobs order by id

select id, of, what from lines order by id

select id, t from notes order by id

-- tx: rollback
with o as (insert into orders (item) values ('rolled back') returning id) select put('mail', to_jsonb(id)) from o; select count(*) from orders; select count(*) from jobs

select count(*) from orders

with o as (insert into orders (item) values ('r1'), ('r2') returning id) select put('mail', to_jsonb(id)) from o

with o as (insert into orders (item) values ('r3') returning id) select put('mail', to_jsonb(id)), id from o

with o as (insert into orders (item) values ('r4') returning id) select put('mail', to_jsonb(id)) from o where id > 0

with o as (insert into orders (item) values ('r5') on conflict do nothing returning id) select put('mail', to_jsonb(id)) from o

with o as (insert into orders (item) select 'r6' returning id) select put('mail', to_jsonb(id)) from o

with o as (update orders set n = 1 where item = 'pen' returning id) select put('mail', to_jsonb(id)) from o

with o as (insert into orders (item) values ('r7') returning id) select many(id) from o

-- refused
insert into orders (item) values ('r9') returning put('mail', to_jsonb(id))

-- refused
with o as (insert into orders (item) values ('mug') returning id) select x.line from (select line(id, 'x') from o) x

create function row_put(o orders) returns bigint language sql as $$ insert into notes (t) values (o.item); select 7::bigint $$

-- refused
with o as (insert into orders (item) values ('r12') returning *) select row_put(o) from o

-- refused
create function two_with(item text) returns bigint language sql as $$ with a as (insert into notes (t) values ('a')), o as (insert into orders (item) values ($1) returning id) select id from o $$

-- refused
create function counts(item text) returns bigint language sql as $$ with o as (insert into orders (item) values ($1) returning id) select count(*) from orders, o $$

-- refused
create function steady(item text) returns bigint language sql stable as $$ with o as (insert into orders (item) values ($1) returning id) select id from o $$
