-- setup
create table authors (id integer primary key, name text not null, country text, born integer);
create table books (id integer primary key, author_id integer references authors, title text not null, pages integer, price numeric(8,2), secret text);
insert into authors values (1, 'Ada', 'GB', 1815), (2, 'Blaise', 'FR', 1623), (3, 'Carl', 'DE', 1777), (4, 'Nobody', null, null);
insert into books values (1, 1, 'Notes', 100, 10.50, 's1'), (2, 1, 'Engines', 200, 20.00, 's2'), (3, 2, 'Pensees', 300, 5.25, 's3'), (4, 3, 'Disquisitiones', 400, null, null), (5, null, 'Orphan', null, 1.00, 's5')

create view plain as select * from authors

select * from plain order by id

select name, born from plain where born > 1700 order by born

-- refused
select p from plain p where id = 1

create view plain as select 1

create view joined (book, author, cost) as select b.title, a.name, b.price from books b left join authors a on a.id = b.author_id

select * from joined order by book

select author, count(*), sum(cost) from joined group by author order by author

create view grouped as select author_id, count(*) as n, sum(pages) total, avg(price) as mean from books group by author_id

select * from grouped order by author_id

select * from grouped where n > 1

create view on_view as select upper(book) as loud, cost * 2 as double from joined where author is not null

select * from on_view order by loud

select loud from on_view where double > 15 order by 1

create view constants as select 1 as one, 'x' as word, null as nothing, 1.5 as number, true as yes

select * from constants

select one + 1, word || 'y', nothing from constants

create view nameless as select 1, 2

create view ranked as select title, pages from books order by pages desc nulls last limit 2

-- ordered
select * from ranked

select count(*) from ranked where pages > 350

create view scalar_sub as select name, (select count(*) from books b where b.author_id = a.id) as books, exists (select 1 from books b where b.author_id = a.id and b.pages > 250) as long from authors a

select * from scalar_sub order by name

create view self_joined as select x.name as x, y.name as y from authors x join authors y on x.id < y.id

select count(*) from self_joined

select * from plain a join joined b on a.name = b.author where a.id = 1 order by b.book

select plain.name, (select count(*) from joined where author = plain.name) from plain order by 1

select public.plain.name from public.plain where public.plain.id = 2

select nope from plain

select plain.nope from plain

select * from nope_view

create view bad as select nope from authors

create view bad as select * from nope

create view bad as select name from authors where

create view bad (a, b) as select 1

create view bad as select 1 as a, 2 as a

create view bad as select 1 as ctid

create view bad as select $1::int

create view bad as select id from authors where id = 'x'

create view nope.bad as select 1

create view bad with (nonsense) as select 1

create view bad with (security_barrier = maybe) as select 1

create view bad with (check_option = both) as select * from authors

create view bad with (security_barrier = 'ye', security_invoker = off) as select id from authors

drop view bad

-- refused
create temp view temporary as select 1

create view authors as select 1

create or replace view authors as select 1

create or replace view plain as select id, name, country, born, 'new' as extra from authors

select * from plain where id = 1

create or replace view plain as select id, name from authors

create or replace view plain as select id, name as nom, country, born, 'new' as extra from authors

create or replace view plain as select id::bigint, name, country, born, 'new' as extra from authors

create or replace view plain as select id, name::varchar(5), country, born, 'new' as extra from authors

alter table authors rename column country to land

alter table authors rename to writers

select * from plain order by id

select * from joined order by book

alter table writers add column extra integer default 7

select * from plain where id = 2

alter table writers drop column born

alter table writers drop column extra

alter table writers alter column name type varchar(20)

alter table writers alter column born type bigint

alter table writers drop column if exists nope

drop table writers

drop table books

drop view joined

drop view on_view, joined restrict

drop view nope_view

drop view if exists nope_view, nowhere.v

drop view writers

drop table plain

drop view if exists writers

alter view plain rename to simple

select id from plain

select id from simple order by id

alter view simple rename column country to where_from

select where_from from simple order by id

select country from simple

alter view simple rename nope to x

alter view simple rename id to name

alter table simple rename column where_from to country

alter view simple rename to books

alter view nope rename to x

alter view if exists nope rename to x

alter view writers rename to x

alter table simple rename to plain

alter view plain set (security_barrier = true)

alter view plain set (security_barrier = perhaps)

alter view plain reset (security_barrier, security_invoker)

alter view plain alter column name set default 'nobody'

alter view plain alter column nope set default 1

alter view plain alter column born set default 'x'

alter view plain alter name drop default

alter view plain add column x int

alter view writers alter column name set default 'x'

alter table plain add column x int

alter table plain alter column id type bigint

alter table plain enable row level security

create index on plain (id)

truncate plain

alter table plain add constraint c check (id > 0)

create policy p on plain using (true)

create schema shelf

alter view plain set schema shelf

select * from plain

select name from shelf.plain order by id

alter view shelf.plain set schema nope

create view plain as select 1 as one

alter view plain set schema shelf

drop view plain

alter view shelf.plain set schema public

comment on view plain is 'the authors'

comment on column plain.name is 'the name'

comment on column plain.nope is 'x'

comment on view writers is 'x'

comment on view nope is 'x'

comment on table plain is 'x'

create view over_plain as select name from plain

create view over_over as select name from over_plain

alter table writers drop column born cascade

select * from over_over

drop view if exists over_over, over_plain, plain cascade

drop view joined cascade

drop table books cascade

select * from scalar_sub

drop table writers cascade

create table cyc (a int)

create view v1 as select a from cyc

create or replace view v1 as select a from v1

select * from v1

drop view v1

create view v1 as select a from cyc where a > 0

create view v2 as select a from v1 where a < 100

create or replace view v1 as select a from v2

select * from v2

create table keyed (k int primary key, a text, b text)

create view by_key as select k, a, count(*) from keyed group by k

alter table keyed drop constraint keyed_pkey

alter table keyed drop column b

select * from by_key

create view qualified as select public.keyed.a, keyed.k from public.keyed

alter table keyed rename to locked

select * from qualified

create view values_view as values (1, 'a'), (2, 'b')

select * from values_view order by column1

create view literal_types as select '1' as a, 2::bigint as b, 1.10::numeric(5,2) as c, 'abc'::varchar(4) as d, 'x'::char(3) as e, now() as f

select a, b, c, d, e from literal_types

create view "Quoted View" ("Odd Name", "select") as select 1, 2

select "Odd Name", "select" from "Quoted View"

create view from_quoted as select "Odd Name" + "select" as sum from "Quoted View" q

select sum from from_quoted

drop view "Quoted View"

drop view "Quoted View" cascade

create view nested_sub as select s.k from (select k, a from locked) s where s.k in (select k from locked where a is not null)

select count(*) from nested_sub

create view distinct_view as select distinct a from locked

select * from distinct_view
