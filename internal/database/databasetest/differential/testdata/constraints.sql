-- setup
create table u (id integer primary key, email text unique, a integer, b integer, unique (a, b));
create table c (id integer primary key, n integer not null check (n > 0), m integer constraint small check (m < 10 or m = 99), check (n <> m));
create table p (id integer primary key, v text, live boolean);
create unique index p_live on p (v) where live;
insert into u values (1, 'x', 1, 1), (2, null, 1, 2), (3, null, null, 1);
insert into c values (1, 1, 2);
insert into p values (1, 'a', true), (2, 'a', false), (3, 'a', false);

insert into u values (1, 'y', 5, 5)

insert into u values (4, 'x', 5, 5)

insert into u values (4, 'X', 1, 2)

insert into u values (4, null, null, 1) returning id

insert into u values (null, 'z', 5, 5)

insert into u values (5, 'a', 6, 6), (6, 'a', 7, 7)

select id from u

update u set email = 'x' where id = 2

update u set email = 'x' where id in (2, 3)

update u set email = 'x' where id = 1

update u set b = 3 - b where a = 1

insert into c values (2, 0, 1)

insert into c values (2, null, 1)

insert into c values (2, 5, 50)

insert into c values (2, 5, 99) returning id

insert into c values (3, 5, null) returning id

insert into c values (4, 5, 5)

insert into c (id) values (9)

update c set n = null where id = 1

update c set n = -1

update c set n = n - 1

insert into p values (4, 'a', true)

insert into p values (4, 'a', false) returning id

update p set live = true where id = 2

update p set live = false where id = 1 returning id

update p set live = true where id = 2 returning id

create unique index p_all on p (v)

create unique index p_v_live on p (v, live, id)

create table bad (id integer primary key, id integer)

create table bad (id integer primary key primary key)

create table bad (id nope)

create table bad (id integer check (other > 1))

create table bad (id integer references nope (id))

create table bad (id integer default 'x')

create table bad (id integer check (id))

create table bad (a integer primary key, b integer primary key)

create index on nope (id)

create index u_x on u (nope)

create table u (id integer)

create table if not exists u (other text)

drop table if exists nope

drop table nope
