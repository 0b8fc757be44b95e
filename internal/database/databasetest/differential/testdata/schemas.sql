-- setup
drop role if exists sc_owner, sc_other;
create role sc_owner; create role sc_other

create schema one

create schema one

create schema if not exists one

create schema two authorization sc_owner

create schema authorization sc_other

create schema pg_mine

create schema three authorization nobody

create table one.t (id serial primary key, v text default 'd', check (length(v) < 10))

create table one.child (id int primary key, t int references one.t)

insert into one.t (v) values ('a'), ('b')

create view one.v as select id, v from one.t where id > 0

create view public.outside as select v.v, t.id from one.v v join one.t t on t.id = v.id

create policy p on one.t using (exists (select 1 from one.child c where c.t = t.id) or v = 'a')

create function_missing

alter schema one rename to uno

select * from uno.t order by id

select * from one.t

select * from uno.v order by id

select * from outside order by id

insert into uno.t (v) values ('c') returning id, v

insert into uno.child values (1, 99)

insert into uno.child values (1, 1)

insert into uno.t (v) values ('this is too long')

alter table uno.t enable row level security

grant usage on schema uno to sc_other

grant select on uno.t, uno.child to sc_other

-- role: sc_other
select * from uno.t

alter schema uno rename to two

alter schema nope rename to x

-- role: sc_other
alter schema uno rename to mine

alter schema uno owner to sc_other

-- role: sc_other
create table uno.mine (a int)

-- role: sc_other
drop schema uno

-- role: sc_other
alter schema uno owner to sc_owner

alter schema uno owner to nobody

-- search_path: uno
select count(*) from t

-- search_path: uno
create view in_path as select count(*) as n from t

alter schema uno rename to eins

-- search_path: nowhere
select n from eins.in_path

-- search_path: eins
alter table t rename to tt

-- search_path: eins
select n from in_path

alter table eins.v rename column v to w

select * from outside order by id

alter view outside set schema eins

select * from eins.outside order by id

drop schema eins

drop schema eins restrict

drop schema nope

drop schema if exists nope

drop schema two, eins

drop schema two, eins cascade

select * from eins.tt

drop schema sc_other

create schema again

create table again.t (a int)

create view public.on_again as select a from again.t

create sequence again.s

drop schema again cascade

select * from on_again

drop role sc_owner, sc_other
