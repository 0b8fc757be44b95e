-- setup
create table items (id integer primary key, name text, price numeric(8,2));
insert into items values (1, 'a', 1.50), (2, 'b', 20.00), (3, null, null);
create table parts (item integer references items, n integer);
insert into parts values (1, 10), (1, 11), (2, 20)

create function add_them(a integer, b integer default 5) returns integer language sql immutable as 'select a + b'

select add_them(1), add_them(1, 2), add_them(b := 3, a := 4), add_them(a => 1), public.add_them(2, 2)

select id, add_them(id) from items order by id

select add_them(null), add_them(2147483647, 1)

select add_them('1'), add_them('x')

select add_them(1, 2, 3)

select add_them(c := 1)

create function add_them(a integer, b integer default 5) returns integer language sql as 'select 1'

create or replace function add_them(a integer, b integer default 5) returns integer language sql as 'select $1 * $2'

select add_them(3), add_them(3, 4)

create or replace function add_them(a integer, b integer default 5) returns bigint language sql as 'select 1::bigint'

create or replace function add_them(x integer, b integer default 5) returns integer language sql as 'select 1'

create or replace function add_them(a integer, b integer) returns integer language sql as 'select 1'

create function twice(x integer) returns integer language sql as 'select x + x'

select id, twice(id * 2), twice(add_them(id)) from items order by id

select sum(twice(id)) from items

-- refused
select twice(sum(id)::integer) from items

select twice(n), count(*) from parts group by twice(n) order by 1

create function name_of(wanted integer) returns text language sql stable as 'select name from items where id = wanted'

select name_of(1), name_of(2), name_of(3), name_of(99)

select item, n, name_of(item) from parts order by n

select * from parts where name_of(item) = 'a' order by n

create function any_name() returns text language sql stable as 'select name from items order by id desc'

select any_name()

create function second() returns text language sql stable as 'select name from items order by id limit 2 offset 1'

select second()

create function strictly(a integer, b integer) returns integer language sql strict as 'select coalesce(a, 100) + coalesce(b, 100)'

select strictly(1, 2), strictly(null, 2), strictly(1, null), strictly(1 + 1, nullif(1, 1))

select id, strictly(id, nullif(id, 2)) from items order by id

create function items_from(low integer) returns setof items language sql stable as 'select * from items where id >= low order by id'

select * from items_from(2)

select name, id from items_from(1) where id < 3 order by id desc

select t.id, p.n from items_from(1) t join parts p on p.item = t.id order by p.n

select count(*), max(price) from items_from(2)

create function one_item(k integer) returns items language sql stable as 'select * from items where id = k'

select * from one_item(2)

select * from one_item(99)

create function pairs() returns table (x integer, y text) language sql as $$ values (1, 'one'), (2, null) $$

select * from pairs() order by x

select y from pairs() p where p.x = 1

select * from pairs() as p(a, b) where a = 2

create function single() returns table (x integer) language sql as 'select id from items order by id'

select * from single()

select s.x from single() s where s.x > 1

create function ids() returns setof integer language sql stable as 'select id from items order by id'

select * from ids()

select * from ids() as v where v > 1

select sum(v) from ids() as t(v)

select id from items where id in (select * from ids()) order by id

create function split(in a integer, out half integer, out rest integer) language sql as 'select a / 2, a % 2'

select * from split(7)

create function half(in a integer, out half integer) language sql as 'select a / 2'

select half(9)

select * from half(9)

create function numbers(variadic list integer[]) returns setof integer language sql as 'select unnest(list)'

select * from numbers(1, 2, 3)

select * from numbers(variadic array[4, 5])

create function total(variadic list integer[]) returns bigint language sql as 'select sum(v) from unnest(list) v'

select total(1, 2, 3), total(7), total(variadic '{1,2}'), total(variadic list := '{3}')

create function over_null(a text default null, b text default 'x' || 'y') returns text language sql as 'select coalesce(a, b)'

select over_null(), over_null('q'), over_null(b => 'z')

create function same(a integer) returns text language sql as $$ select 'integer' $$

create function same(a text) returns text language sql as $$ select 'text' $$

select same(1), same('1'), same('a'::text)

select same(1.5)

create function column_first(id integer) returns integer language sql stable as 'select count(*)::integer from items where id = id'

select column_first(1)

create function qualified(id integer) returns integer language sql stable as 'select count(*)::integer from items where items.id = qualified.id'

select qualified(1), qualified(9)

create function widen(a integer) returns bigint language sql as 'select a'

select widen(3)

create function narrow(a bigint) returns integer language sql as 'select a'

select narrow(3), narrow(3000000000)

create function wrong() returns integer language sql as $$ select 'x'::text $$

create function wrong() returns integer language sql as $$ select '1' $$

create function wrong() returns integer language sql as $$ select 1, 2 $$

create function wrong() returns setof items language sql as $$ select 1, 'x' $$

create function wrong() returns setof items language sql as $$ select 'x'::text, 'x'::text, 1.0 $$

create function wrong() returns integer language sql as $$ select nothing $$

create function wrong() returns integer language sql as $$ select * from nowhere $$

create function wrong() returns integer language sql as $$ select $1 $$

create function wrong() returns integer language sql as $$ selec 1 $$

create function wrong(a integer, a integer) returns integer language sql as $$ select 1 $$

create function wrong(a integer default 1, b integer) returns integer language sql as $$ select 1 $$

create function wrong() language sql as $$ select 1 $$

create function wrong() returns integer as $$ select 1 $$

create function wrong() returns integer language sql

create function wrong() returns nothing language sql as $$ select 1 $$

create function wrong() returns integer language nothing as $$ select 1 $$

create function wrong() returns trigger language sql as $$ select 1 $$

drop function same

drop function same(text)

drop function same

drop function same

drop function if exists same

drop function if exists same(integer), nothing.same(integer)

drop function nothing.same(integer)

drop function same(integer)

alter function twice(integer) rename to double_it

select double_it(4)

select twice(4)

alter function double_it(integer) immutable strict

comment on function double_it(integer) is 'two times'

comment on function nothing(integer) is 'x'

create view doubled as select id, double_it(id) as d from items

select * from doubled order by id

drop function double_it(integer)

drop view doubled

drop function double_it(integer)

create function recurse(a integer) returns integer language sql as 'select a'

-- refused
create or replace function recurse(a integer) returns integer language sql as 'select case when a > 0 then recurse(a - 1) else 0 end'

drop function recurse(integer)

create function writes(a integer) returns integer language sql as 'insert into items values (a, $$w$$) returning id'

select writes(10)

select * from writes(11)

select w from writes(12) as w

select id, name from items where id >= 10 order by id

select writes(10), 1

select writes(id) from items

create function several(a integer, b text) returns setof items language sql as $$
	insert into items values (a, b);
	update items set price = 7 where id = a;
	select * from items where id >= a order by id
$$

select name, price from several(20, 'x') s

select count(*) from (select * from several(21, 'y') where id > 20) q

select id, name, price from items where id >= 20 order by id

create function nothing() returns void language sql as $$ insert into items values (90, 'new') $$

select nothing()

select nothing()

select count(*) from items where id = 90

create function empty() returns void language sql as ''

select empty()

create function discards() returns void language sql as 'select 1; select 2'

select discards()

create function halfway() returns integer language sql as 'insert into items values (91, null); select 1 / (select count(*) from items where id = 0)::integer'

select halfway()

select count(*) from items where id = 91

create function stable_write() returns integer language sql stable as 'insert into items values (92, null) returning id'

select stable_write()

create function unfinished() returns integer language sql as 'insert into items values (93, null)'

create function one_written(k integer) returns items language sql as 'update items set name = name || $$!$$ where id = k returning *'

select * from one_written(1)

select * from one_written(1000)

create role fn_low

create role fn_high

grant usage on schema public to fn_low, fn_high

grant select, insert on parts to fn_high

create function peek() returns bigint language sql stable security definer as 'select count(*) from parts'

alter function peek() owner to fn_high

create function bare() returns bigint language sql stable as 'select count(*) from parts'

-- role: fn_low
select peek()

-- role: fn_low
select bare()

-- role: fn_low
select * from bare()

create function whoami() returns text language sql stable security definer as 'select current_user::text'

alter function whoami() owner to fn_high

-- role: fn_low
select whoami(), current_user

create function adds(v integer) returns integer language sql security definer as 'insert into parts values (1, v) returning n'

alter function adds(integer) owner to fn_high

-- role: fn_low
-- tx: commit
select adds(77)

select count(*) from parts where n = 77

revoke execute on function peek() from public

-- role: fn_low
select peek()

grant execute on function peek() to fn_low

-- role: fn_low
select peek()

revoke all on all functions in schema public from fn_low

-- role: fn_low
select peek()

-- role: fn_low
drop function peek()

-- role: fn_low
create or replace function peek() returns bigint language sql as 'select 1::bigint'

drop role fn_high

alter table parts enable row level security

create policy seen on parts for select to fn_low using (n > add_them(2, 5))

grant select on parts to fn_low

-- role: fn_low
select n from parts order by n

drop function add_them(integer, integer)

create function allowed(k integer) returns boolean language sql stable security definer as 'select exists (select from items where id = k and name is not null)'

create policy also on parts as restrictive for select using (allowed(item))

-- role: fn_low
select item, n from parts order by n

-- role: fn_low
select n from parts where twice(n) / (n - 10) > 1 order by n

-- role: fn_low
select n from parts where 1 / (n - 10) is not null order by n

create function loops(k integer) returns boolean language sql stable as 'select exists (select from parts where n = k)'

create policy around on parts as restrictive for select using (loops(n))

-- role: fn_low
select n from parts

drop policy around on parts

create schema other

create function other.deep() returns text language sql set search_path = other as 'select shallow()'

create function other.shallow() returns text language sql as $$ select 'other' $$

create function other.deep() returns text language sql set search_path = other as 'select shallow()'

select other.deep()

select shallow()

-- role: fn_low
select other.shallow()

alter function other.shallow() set schema public

select other.deep()

select shallow()

create table uses_default (id integer, v integer default recurse(4))

create function recurse(a integer) returns integer language sql as 'select a'

create table uses_default (id integer, v integer default recurse(4))

insert into uses_default values (1) returning v

-- refused
create table uses_check (id integer check (recurse(id) > 0))

-- refused
create function plp() returns integer language plpgsql as $$ begin return 1; end $$

create table shapes (id integer, name text)

create function all_shapes(k integer) returns setof shapes language sql as 'select * from shapes'

drop table shapes

alter table shapes add column more integer

select * from all_shapes(1)

insert into shapes values (1, 'a', 2)

select * from all_shapes(1)

drop table shapes cascade

select * from all_shapes(1)

create table gone (id integer)

create function reads_gone() returns bigint language sql as 'select count(*) from gone'

drop table gone

select reads_gone()

create function united() returns integer language sql as 'select 5 union select 4 order by 1'

select united()

create function next_part() returns integer language sql as 'select coalesce(max(n), 0) + 1 from parts'

-- refused
insert into parts select 1, next_part() from items where id < 0

create function next_stable() returns integer language sql stable as 'select coalesce(max(n), 0) + 1 from parts'

insert into parts select 1, next_stable() from items where id < 3

insert into parts values (2, next_stable()) returning n

update parts set n = next_stable() where item = 1 and n > 50

select item, n from parts order by n, item

insert into items values (300, name_of(1)) returning name_of(id), name

delete from items where name_of(id) = 'nothing of the kind'

select i.id, (select max(f.n) from (select n from parts where item = i.id) f), ids.v from items i join ids() as ids(v) on ids.v = i.id where i.id < 3 order by 1

with q as (select * from items_from(1)) select count(*) > 2 from q

select distinct add_them(id, 0) from items where id < 3 order by 1

select case when id = 1 then name_of(id) else 'other' end from items where id < 3 order by id

select array(select * from ids() v where v < 3)

select json_agg(t order by t.id) from items_from(1) t where id < 3

select row_to_json(p) from pairs() p where x = 1

select to_json(v) from single() as v(x) where x = 1

select x.* from pairs() x order by 1

select f.id from items_from(2) as f(id, other) where other = 'b'

select name_of(id) from items where id = (select min(v) from ids() v)

select pg_catalog.add_them(1)

select nowhere.add_them(1)

select add_them(a => 1, a => 2)

select add_them(a => 1, 2)

select count(*) from items_from((select 2))

select name_of((select min(id) from items))

select item, name_of(item), count(*) from parts where item < 3 group by item, name_of(item) order by item

set check_function_bodies = off

-- tx: rollback
create function one_out(in a int, out b int) language sql as 'select a + 1'; create function in_out(inout num int) language sql as 'select num + 1'; select * from one_out(1) t; select * from in_out(1) as t; select * from in_out(1); select t.num from in_out(1) t; select * from one_out(1) as t(z)
