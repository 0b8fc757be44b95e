-- setup
create table jobs (id bigint generated always as identity primary key, queue text not null check (length(queue) < 10), payload jsonb not null, key text unique);
create table orders (id bigint generated always as identity primary key, item text not null, owner text default current_user);
create table notes (id serial primary key, t text);
alter table orders enable row level security;
create function put(queue text, payload jsonb default '{}', key text default null) returns bigint language sql security definer set search_path = '' as $$
  insert into public.notes (t) values ('put');
  insert into public.jobs (queue, payload, key) values ($1, coalesce($2, '{}'), $3) on conflict (key) do update set key = excluded.key returning id
$$;
revoke all on function put from public;
create function many(list jsonb) returns setof bigint language sql as $$
  insert into notes (t) values ('many');
  insert into jobs (queue, payload) select x.queue, '{}' from jsonb_to_recordset($1) as x(queue text) returning id
$$;
create function nothing(x text) returns void language sql as $$ insert into notes (t) values (x) $$;
create function order_it(item text) returns bigint language sql security definer as $$
  insert into orders (item) values ($1);
  select put('mail', jsonb_build_object('item', item))
$$;
create function order_unsafe(item text) returns bigint language sql as $$
  insert into orders (item) values ($1);
  select put('mail', jsonb_build_object('item', item))
$$;
create function just(q text, k text default null) returns bigint language sql security definer as 'select put(q, key => k)';
create function deeper(q text) returns bigint language sql as 'select just($1)';
create function in_from(q text) returns table (made bigint, label text) language sql security definer as $$
  select nothing('before'); select p.id, 'made ' || q from put(q) as p(id)
$$;
create function all_of(list jsonb) returns setof bigint language sql as $$
  select nothing('first'); select * from many($1)
$$;
create function first_of(list jsonb) returns bigint language sql as $$ select nothing('only'); select * from many($1) $$;
create function then_reads(q text) returns bigint language sql as $$
  select just(q);
  select count(*) from jobs
$$;
create function amid(q text) returns text language sql as $$
  insert into notes (t) values ('a');
  select just(q);
  insert into notes (t) select 'b' || count(*) from notes;
  select just(q);
  select string_agg(t, ',' order by id) from notes
$$;
create function two_calls(q text) returns bigint language sql as $$ select just(q) + just(q) $$;
create function no_change(q text) returns bigint language sql stable as $$ select just(q) $$;
create function steady(q text) returns bigint language sql stable as $$ insert into notes (t) values ('x'); select 1::bigint $$;
create function calls_steady(q text) returns bigint language sql as $$ select nothing('s'); select steady(q) $$;
create function reads_too(q text) returns bigint language sql as $$ select x from put(q) x where exists (select from notes) $$;
create function a_void(q text) returns void language sql security definer as $$ select put(q) $$;
create function fails(q text) returns bigint language sql security definer as $$ insert into orders (item) values ('lost'); select put(q) $$;
grant select on jobs, notes to authenticated

select order_it('pen')

select * from order_it('ink')

select id, queue, payload, key from jobs order by id

select id, item, owner from orders order by id

select id, t from notes order by id

-- role: authenticated
select order_it('paper')

-- role: authenticated
select order_unsafe('paper')

-- role: authenticated
select put('x')

-- role: authenticated
select just('one')

-- role: authenticated
select deeper('two')

-- role: authenticated
select * from deeper('three')

select just('keyed', 'k')

select just('keyed', 'k')

select just(null)

select just('a long name of a queue')

select * from in_from('q')

select made, label from in_from('r') where made > 0

select * from all_of('[{"queue": "a"}, {"queue": "b"}]')

select * from all_of('[]')

select first_of('[{"queue": "a"}, {"queue": "b"}]')

select first_of('[]')

select then_reads('q')

select amid('q')

select a_void('q')

select steady('q')

select calls_steady('q')

select fails('a long name of a queue')

select count(*) from orders where item = 'lost'

select id, queue, key from jobs order by id

select id, t from notes order by id

-- tx: rollback
select order_it('gone'); select count(*) from orders; select count(*) from jobs

-- tx: commit
select order_it('stays'); select order_it('stays too')

select id, item, owner from orders order by id

select id, queue, payload from jobs order by id desc limit 2

-- types: ["text"]
-- args: ["param"]
select order_it($1)

-- types: ["text"]
-- args: ["param"]
select * from order_it(item => $1)

-- types: ["text"]
-- args: [null]
select order_it($1)

with called as (select order_it('cte') as v) select v is not null from called

-- setup
create table who (id serial primary key, caller text default current_user, v text);
create view me as select current_user::text as caller;
create function plus_one(a integer) returns integer language sql as 'select a + 1';
create function sum_of(a integer, b integer) returns integer language sql as 'select plus_one(a) + plus_one(b) + a';
create function owned(v text) returns text language sql security definer as $$ insert into who (v) values (v) returning caller || v $$;
create function owned_after(v text) returns text language sql security definer as $$ select plus_one(1); select current_user || v $$;
create function seen() returns text language sql security definer as 'select caller from me';
create function inner_one() returns text language sql as 'select current_user::text || (select caller from me)';
create function through() returns text language sql security definer as 'select inner_one()';
grant select on me, who to authenticated

select sum_of(1, 2)

-- role: authenticated
select owned('x')

-- role: authenticated
select owned_after('x')

-- role: authenticated
select seen(), inner_one(), through(), current_user

-- role: authenticated
select caller from me

select caller, v from who order by id

select order_it(item) from (values ('x'), ('y')) v (item)

select order_it('a'), order_it('b')

select order_it((select max(item) from orders))

-- refused
select two_calls('q')

-- refused
select no_change('q')

-- refused
select reads_too('q')

create or replace function put(queue text, payload jsonb default '{}', key text default null) returns bigint language sql security definer set search_path = '' as $$
  select 5::bigint
$$

select order_it('replaced')

select order_it('replaced'), 1

select two_calls('replaced')
