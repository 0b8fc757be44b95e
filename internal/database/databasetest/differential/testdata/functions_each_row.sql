-- setup
create table items (id integer primary key, name text, n integer);
insert into items values (1, 'pen', 5), (2, 'ink', null), (3, 'cup', 7);
create table jobs (id bigint generated always as identity primary key, queue text not null check (length(queue) < 10), payload jsonb, of integer references items);
create table notes (id serial primary key, t text);
create function put(queue text, payload jsonb default '{}', of integer default null) returns bigint language sql as $$
  insert into notes (t) values ('put ' || coalesce($1, '?'));
  insert into jobs (queue, payload, of) values ($1, $2, $3) returning id
$$;
create function note(t text) returns void language sql as $$ insert into notes (t) values ($1); insert into notes (t) values (upper($1)) $$;
create function note(n integer) returns integer language sql as $$ insert into notes (t) values ('n' || $1); select $1 * 2 $$;
create function drop_job(i bigint) returns boolean language sql as $$ insert into notes (t) values ('drop'); delete from jobs where id = $1 returning true $$;
create function drop_item(i integer) returns text language sql as $$ delete from items where id = $1; select 'left ' || count(*) from items $$;
create function twice(t text) returns setof text language sql as $$ insert into notes (t) values ($1), ($1); select t from notes where t = $1 $$;
create function nobody(t text) returns setof text language sql as $$ insert into notes (t) values ($1); select t from notes where false $$;
create function pair(a text, b text) returns table (x text, y text) language sql as $$ insert into notes (t) values ($1); select $1, $2 $$;
create function strictly(t text) returns text language sql strict as $$ insert into notes (t) values ($1); select $1 $$;
create function put_all(low integer) returns bigint language sql as $$ select put('all', to_jsonb(i), i.id) from items i where i.id >= low order by id $$;
create function put_then(low integer) returns text language sql as $$
  select put('first', jsonb_build_object('least', low, 'count', (select count(*) from items)));
  select put(name, to_jsonb(i.n), $1) from items i where id >= $1 order by 1 + id;
  select string_agg(queue || coalesce(payload::text, '-'), ',' order by id) from jobs
$$;
create function put_void(low integer) returns void language sql as $$ select put('void', to_jsonb(i), i.id) from items i where i.id >= low $$;
create function put_set(low integer) returns setof bigint language sql as $$ select put('set', to_jsonb(i), i.id) from items i where i.id >= low $$;
create function put_with(low integer) returns bigint language sql as $$ with o as (insert into notes (t) values ('with'), ('two') returning t, id) select put(o.t) from o order by id $$;
create function put_twice(low integer) returns text language sql as $$ select twice(i.name) from items i where id > $1 order by id $$;
create function stable_put() returns bigint stable language sql as $$ select put(name) from items $$;
create function deep(low integer) returns bigint language sql as $$ select put_all(low + 1) $$;

-- ordered
select id, put(name) from items order by id desc

-- tx: commit
select queue, payload, of from jobs; select t from notes

select put(name, to_jsonb(i), id) as made, i.*, n + 1 as more from items i where n > 5

-- ordered
select *, put(name, to_jsonb(n)) from items order by n desc nulls last, id

-- ordered
select put(name), name from items order by 2

-- ordered
select put(name), id from items order by id limit 2

select count(*) from jobs

select put(name) from items limit 0

select put('x') from items where false

-- tx: commit
select put('x') where exists (select from items where id = 1); select count(*) from jobs

-- tx: commit
select put('x') where not exists (select from items where id = 1); select count(*) from jobs

select put('a'), put('b', '{"c": 1}'), note('c'), note(3)

select put((select name from items where id = 2))

-- tx: commit
select put(payload => (select jsonb_agg(to_jsonb(i) order by id) from items i), queue => 'all') as it; select payload from jobs where queue = 'all'

-- tx: commit
select put('sum', to_jsonb(sum(n))) from items; select payload from jobs where queue = 'sum'

select name, put(name, to_jsonb(count(*))) from items group by name having count(*) = 1 order by name

select put(name, to_jsonb(row_number() over (order by id))) from items

select put(i.name, to_jsonb(j.id)) from items i join items j on j.id = i.id + 1

select put(x.name) from (select name from items where id > 1) x

with x as (select name from items where id > 1) select put(x.name) from x

select put(v) from (values ('p'), ('q')) as v (v)

select put('s' || g) from generate_series(1, 3) g

select g, put('s' || g) from generate_series(1, 3) g where g <> 2

select drop_job(id) from jobs where queue = 'pen'

-- tx: commit
select drop_job(max(id)), drop_job(-1) from jobs; select count(*) from jobs

-- ordered
select id, drop_item(id), (select count(*) from items) from items order by id

select put('far too long a name') from items

select put(name, of => 9) from items

select put(case id when 2 then 'far too long a name' else name end) from items

-- tx: commit
select count(*) from jobs; select count(*) from notes

select put(null) from items

-- tx: commit
select note(name) from items where id = 1; select t from notes where upper(t) = 'PEN'

select note(n) from items

select id, note(id), note(id + 10) from items

select twice(name) from items

select id, twice(name) as t from items where id < 3

select twice('alone')

select nobody(name), id from items

select nobody('a')

select * from pair((select name from items where id = 3), 'y')

select x || '!' as z from pair((select name from items where id = 3), 'y' || (select count(*) from items)) where y like 'y%'

select * from put((select name from items where id = 1))

select drop_job(j) from put('new') j

-- args: ["arg", "2"]
select put($1, jsonb_build_object('a', $2::text)) from items where id = $2::integer

-- args: ["arg", 2]
-- types: ["text", "integer"]
select put($1, of => $2), $2 from items where id = $2

-- args: [7]
select put(name, of => $1) from items

-- args: [3]
select put('q', to_jsonb(i), $1) from items i

with d as (delete from jobs where queue = 'q' returning *) select note(d.queue) from d

with o as (insert into items values (10, 'ten', 9), (11, 'eleven', 9) returning *) select note(o.name), o.id from o

-- tx: commit
select put_all(2); select queue, payload, of from jobs where queue = 'all'

select put_all(1) where exists (select from items where id = 1)

select put_all(id) from items where id > 2

-- tx: commit
select put_void(2); select count(*) from jobs

select * from put_set(2)

select put_set(2)

select put_with(1)

-- tx: commit
select put_twice(1); select count(*) from notes

select put_then(2)

select deep(1)

select id, put(name) from items i, lateral (select count(*) from jobs j where j.of = i.id) c (n) where c.n = 0

select missing(name), put(name) from items

select put(name, missing) from items

select put(id) from items

-- role: anon
select put(name) from items

-- tx: commit
select count(*), max(id) from jobs; select count(*) from notes

-- refused
select pair(name, 'x') from items

-- refused
select pair('y', 'x')

-- refused
-- ordered
select name, put(queue => name, of => id) from items order by put(queue => name, of => id)

-- refused
-- ordered
select name, put(name) as p from items order by p

-- refused
-- ordered
select name, put(name) from items order by 2

-- refused
select put(name) from items offset 1

-- refused
select distinct put('x') from items

-- refused
select put('a'), twice('b')

-- refused
select drop_job(j.j), j.j > 0 from put('new', (select to_jsonb(n) from items where id = 1)) as j

-- refused
with d as (delete from jobs where queue = 'a' returning *) select put('again', d.payload) from d

-- refused
with o as (insert into items values (9, 'nine', 9) returning *) select put(o.name, (select to_jsonb(count(*)) from items), o.id) from o

-- refused
select stable_put()

-- refused
select coalesce(put(name), 0) from items

-- refused
select case when id = 1 then put(name) end from items

-- refused
select put(name) || 'x' from items

-- refused
select put(name)::text from items

-- refused
select (select put(name)) from items

-- refused
select put(put(name)::text) from items

-- refused
select name from items where put(name) > 0

-- refused
select put(name) from items union all select 1

-- refused
insert into notes (t) select put(name)::text from items

-- refused
select put(name) into made from items

-- refused
explain select put(name) from items

-- refused
select strictly(name) from items

-- refused
select twice('limited') limit 1
