-- setup
create schema other;
create table people (id integer primary key, first text, last text, born date, boss integer references people, tags text[]);
insert into people values (1, 'Ada', 'King', '1815-12-10', null, '{a,b}'), (2, 'Alan', null, '1912-06-23', 1, '{}'), (3, null, 'Hopper', null, 1, null);
create table pets (id integer primary key, owner integer references people, name text);
insert into pets values (1, 1, 'Rex'), (2, 1, 'Tom'), (3, 2, 'Kit');
create table other.people (id integer, nick text);
insert into other.people values (1, 'x');
create view elders as select id, first, born from people where born < '1900-01-01';
create table "Odd t" ("a b" integer, "C" text);
insert into "Odd t" values (1, 'one')

create function full_name(people) returns text language sql immutable as $$ select concat_ws(' ', $1.first, $1.last) $$

create function age_in(p people, year integer) returns integer language sql stable as $$ select year - extract(year from p.born)::integer $$

create function pets_of(people) returns setof pets language sql stable as $$ select * from pets where owner = $1.id $$

create function boss_of(p people) returns setof people language sql stable rows 1 as $$ select * from people where id = p.boss $$

create function first_pet(p people) returns pets language sql stable as $$ select * from pets where owner = p.id order by id limit 1 $$

create function full_name(elders) returns text language sql as 'select upper($1.first)'

create function full_name(other.people) returns text language sql as 'select $1.nick'

create function whole(p people) returns json language sql as 'select row_to_json(p)'

create function whole2(people) returns jsonb language sql as 'select to_jsonb($1)'

create function twice(t "Odd t") returns integer language sql as 'select ($1)."a b" * 2 + t."a b" - (t)."a b"'

create function strict_name(people) returns text language sql strict as 'select coalesce($1.first, ''?'')'

create function pet_count(p people) returns bigint language sql stable security definer as 'select count(*) from pets where owner = p.id'

create function full_name(people) returns text language sql as 'select 1'

create function bad(people) returns text language sql as 'select $1.nothing'

create function bad(p people) returns text language sql as 'select p.nothing'

create function bad(p people) returns text language sql as 'select q.id'

create function bad(people) returns integer language sql as 'select $1'

create function bad(nosuch) returns integer language sql as 'select 1'

create function bad(variadic people) returns integer language sql as 'select 1'

select id, full_name(people) from people order by id

select id, full_name(p) from people p order by id

select id, full_name(p.*) from people p order by id

select id, p.full_name from people p order by id

select id, people.full_name from people order by id

select p.id, p.full_name as n from people p where p.full_name like 'A%' order by p.full_name desc

select full_name(e) from elders e

select e.full_name, e.id from elders e

select full_name(o) from other.people o

select full_name from people

select p.full_nam from people p

select full_name(1)

select full_name('x')

select full_name(p, 1) from people p

select full_name(t) from pets t

-- refused
select full_name(null::people)

select full_name(row(9, 'F', 'L', null, null, null)::people)

select full_name(row(9, 'F', 'L', '2020-01-01', null, '{x}')::public.people), whole(row(9, 'F', null, '2020-01-01', 1, '{x}')::people)

select full_name(row(9, 'F')::people)

select full_name(row(9, 'F', 'L', null, null, null, 1)::people)

select full_name(row('x', 'F', 'L', null, null, null)::people)

select full_name(row(9, 'F', 'L', null, null, null))

select id, age_in(p, 2000), age_in(year => id, p => p) from people p order by id

select id, age_in(p, id * 2 + 1) from people p order by id

select whole(p), whole2(p) from people p order by id

select id, strict_name(p) from people p order by id

select id, pet_count(p), p.pet_count + 1 as more from people p order by id

select twice(t), t.twice, t."C" from "Odd t" t

select id, (select count(*) from pets_of(p)) from people p order by id

select id, (select json_agg(x order by x.id) from pets_of(p) x) from people p order by id

select id, (select row_to_json(x) from boss_of(p) x) from people p order by id

select id, (select b.first from boss_of(p) b where b.born is not null) from people p order by id

select id, (select full_name(b) from boss_of(p) b), (select b.full_name from boss_of(p) b) from people p order by id

select id, (select json_agg(q.name) from (select x.name from pets_of(p) x order by x.name desc limit 1) q) from people p order by id

select id, (select row_to_json(x) from first_pet(p) x), (select x.name from first_pet(p) x) from people p order by id

select p.id from people p where exists (select 1 from pets_of(p) x where x.name = 'Kit')

select p.id from people p where not exists (select from pets_of(p)) order by 1

select p.id, x.name from people p join pets x on x.owner = p.id where p.full_name = 'Ada King' order by x.id

select p.id, b.full_name from people p left join people b on b.id = p.boss order by p.id

select count(*), min(p.full_name), max(full_name(p)) from people p

select full_name(p), count(*) from people p group by full_name(p) order by 1

select p.full_name from people p group by p.id order by 1

select full_name(p) from people p group by p.id order by 1

select distinct strict_name(p) from people p order by 1

select full_name(p) from (select * from people) p

select full_name(row(p.id, p.first, p.last, p.born, p.boss, p.tags)::people) from (select * from people) p order by p.id

with w as (select * from people) select row(w.id, w.first, w.last, w.born, w.boss, w.tags)::public.people is null from w order by id

with w as (insert into people (id, first) values (10, 'New') returning people.*) select full_name(row(w.id, w.first, w.last, w.born, w.boss, w.tags)::people) from w

insert into people (id, first, last) values (11, 'In', 'Sert') returning id, full_name(people), people.full_name

update people set last = 'Up' where id = 11 returning full_name(people), whole(people)

update people p set last = p.full_name where id = 11 returning last

delete from people p where p.full_name = 'In In Sert' returning p.id

delete from people where id in (10, 11) returning full_name(people)

select p is null, p is not null, (p).first is null as f from people p order by (p).id

select p.* is not null from people p order by p.id

select b is null from people p left join people b on b.id = p.boss order by p.id

select (p).first, (p).tags[1] from people p order by id

select (p).nothing from people p

select (row(1, 2)).f1

select (row(1, 'x')::other.people).nick

select row_to_json(row(1, 'x')::other.people)

select to_json(row(1, 'x')::other.people) -> 'nick' as n

create function everyone() returns setof people language sql stable as 'select * from people'

select e.id, full_name(e), e.full_name from everyone() e order by 1

select json_agg(full_name(e) order by e.id) from everyone() e

create function as_row(i integer) returns people language sql stable as 'select p from people p where p.id = i'

select * from as_row(1)

select * from as_row(99)

create function rows_as_values() returns setof people language sql stable as 'select p from people p'

select id, first from rows_as_values() order by id

create function made() returns people language sql as $$ select row(1, 'a', 'b', null, null, null)::people $$

select * from made()

create policy on_rows on people using (full_name(people) <> '')

create function visible(pets) returns boolean language sql stable as 'select $1.name <> ''Tom'''

-- setup
alter table pets enable row level security;
create policy seen on pets to authenticated using (visible(pets));
grant select on pets, people to authenticated

-- role: authenticated
select id, name from pets order by id

-- role: authenticated
select p.id, p.pet_count, (select count(*) from pets_of(p)) as mine from people p order by id

create view named as select id, full_name(p) as n from people p

select * from named order by id

-- refused
alter table people add column extra integer

-- refused
drop function full_name(people)

drop view named

drop function visible(pets)

drop table people

drop view elders

create table one (id integer primary key, n integer check (n > 0))

create function plus(one) returns integer language sql immutable as 'select $1.n + 1'

insert into one values (1, 5)

select o.plus, plus(o), plus(row(2, 7)::one) from one o

alter table one rename column n to m

select o.id, plus(o) from one o

alter table one rename to two

select plus(t) from two t

drop table two

alter function plus(two) rename to plus1

drop function plus1(two)

drop table two

revoke execute on function full_name(people) from public

-- role: authenticated
select full_name(p) from people p

grant execute on function full_name(people) to authenticated

-- role: authenticated
select full_name(p) from people p order by id

comment on function full_name(people) is 'the name'

drop policy on_rows on people

drop function full_name(other.people), full_name(elders)

drop function full_name(nosuch)

drop function if exists full_name(pets)

drop function full_name(pets)

drop view elders

drop table other.people

drop function strict_name(people)

select strict_name(p) from people p
