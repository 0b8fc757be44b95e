-- setup
drop role if exists child, clumsy, reader, writer, boss;
create role reader; create role writer; create role boss; create role child in role reader; create role clumsy noinherit in role reader;
create table docs (id integer primary key, title text, body text, secret text default 's', n integer default 0);
insert into docs (id, title, body, secret) values (1, 'a', 'aa', 'x'), (2, 'b', 'bb', 'y');
create table other (id integer, doc integer, note text); insert into other values (1, 1, 'n1'), (2, 2, 'n2');
revoke all on docs, other from anon, authenticated;
create view docs_view as select id, title, body, secret from docs;
create view docs_invoker with (security_invoker) as select id, title from docs;
revoke all on docs_view, docs_invoker from anon, authenticated

-- role: reader
select * from docs

grant select (id, title) on docs to reader

-- role: reader
select id, title from docs order by id

-- role: reader
select * from docs

-- role: reader
select body from docs

-- role: reader
select d from docs d

-- role: reader
select row_to_json(d) from docs d

-- role: reader
select count(*) from docs

-- role: reader
select 1 from docs

-- role: reader
select id from docs where body = 'aa'

-- role: reader
select id from docs order by secret

-- role: reader
select title, count(*) from docs group by title order by title

-- role: reader
select max(n) from docs

-- role: reader
select id from docs where exists (select 1 from docs d where d.secret is null)

-- role: reader
select (select title from docs where id = 1)

-- role: reader
select x.id from (select id, title from docs) x order by 1

-- role: reader
select x.id from (select * from docs) x

-- role: reader
select docs.id from docs join other on other.doc = docs.id

grant select (doc, note) on other to reader

-- role: reader
select docs.id, note from docs join other on other.doc = docs.id order by 1

-- role: reader
select docs.id, note from docs join other using (id)

-- role: reader
select docs.id from docs natural join other

-- role: child
select id, title from docs order by id

-- role: child
select body from docs

-- role: clumsy
select id from docs

-- role: reader
insert into docs (id, title) values (3, 'c')

grant insert (id, title), update (title), select on docs to writer

-- role: writer
insert into docs (id, title) values (3, 'c')

-- role: writer
insert into docs values (4, 'd')

-- role: writer
insert into docs values (4, 'd', 'dd')

-- role: writer
insert into docs default values

-- role: writer
insert into docs (id, title, n) values (5, 'e', default)

-- role: writer
insert into docs (id, title) select 6, 'f' returning id, n

-- role: writer
insert into docs (id, title) values (7, 'g') returning *

-- role: writer
update docs set title = 'z' where id = 1

-- role: writer
update docs set body = 'z' where id = 1

-- role: writer
update docs set title = 'z', n = 1 where id = 1

-- role: writer
update docs set title = body || secret where id = 2 returning *

-- role: writer
delete from docs where id = 1

revoke select on docs from writer

-- role: writer
update docs set title = 'q'

-- role: writer
update docs set title = 'q' where id = 1

-- role: writer
update docs set title = title || '!'

-- role: writer
update docs set title = 'q' returning 1

-- role: writer
update docs set title = 'q' returning title

-- role: writer
insert into docs (id, title) values (8, 'h') returning 1

-- role: writer
insert into docs (id, title) values (9, 'i') returning id

grant delete on docs to writer

-- role: writer
delete from docs where id = 9

-- role: writer
delete from docs returning 1

select count(*) from docs

insert into docs (id, title, body) values (1, 'a', 'aa'), (2, 'b', 'bb')

grant select (nope) on docs to reader

grant delete (id) on docs to reader

grant usage on docs to reader

grant nonsense on docs to reader

grant select on nope to reader

grant select on docs to nobody_here

grant select on sequence docs to reader

grant select (id) on schema public to reader

revoke select on docs from reader

-- role: reader
select id from docs

grant all (id, title) on docs to reader

-- role: reader
select id, title from docs order by id

revoke all (title) on docs from reader

-- role: reader
select title from docs

-- role: reader
select id from docs order by id

revoke all on docs from reader

-- role: reader
select id from docs

-- role: reader
select * from docs_view

grant select on docs_view, docs_invoker to reader

-- role: reader
select id, title, secret from docs_view order by id

-- role: reader
select * from docs_invoker

grant select (id) on docs to reader

-- role: reader
select id from docs_invoker

grant select (title) on docs to reader

-- role: reader
select id from docs_invoker order by id

revoke all on docs_view from reader

grant select (id, title) on docs_view to reader

-- role: reader
select id, title from docs_view order by id

-- role: reader
select secret from docs_view

-- role: reader
select count(*) from docs_view where body is null

-- role: reader
select v from docs_view v

-- role: reader
insert into docs_view (id) values (20)

grant insert (id, title), update (title), delete on docs_view to reader

-- role: reader
insert into docs_view (id, title) values (20, 't')

-- role: reader
insert into docs_view (id, body) values (21, 't')

-- role: reader
update docs_view set title = 'u' where id = 20

-- role: reader
update docs_view set title = 'u' where secret = 's'

-- role: reader
update docs_view set body = 'u' where id = 20

-- role: reader
delete from docs_view where id = 20

grant insert, update, delete on docs_invoker to reader

-- role: reader
insert into docs_invoker values (22, 'i')

-- role: reader
update docs_invoker set title = 'x'

grant insert (id, title), update (title) on docs to reader

-- role: reader
insert into docs_invoker values (22, 'i')

-- role: reader
update docs_invoker set title = 'x' where id = 22

-- role: reader
update docs_invoker set id = 23 where id = 22

-- role: reader
delete from docs_invoker where id = 22

select id, title from docs order by id

grant select on docs to boss with grant option

grant select on docs to public with grant option

-- role: boss
grant select on docs to reader

-- role: boss
grant select, insert on docs to reader

-- role: boss
grant insert on docs to reader

-- role: boss
grant all on docs to reader

-- role: reader
grant select on docs to writer

-- role: boss
grant select on docs to writer with grant option

-- role: writer
grant select on docs to boss with grant option

-- role: writer
grant select on docs to child

revoke grant option for select on docs from boss

revoke grant option for select on docs from boss cascade

-- role: writer
select count(*) from docs

-- role: boss
select count(*) from docs

-- role: boss
revoke select on docs from reader

revoke select on docs from boss cascade

-- role: boss
select count(*) from docs

grant select on docs to writer granted by boss

grant select on docs to writer granted by current_user

grant select on docs to writer granted by postgres

alter table docs owner to boss

-- role: boss
select count(*) from docs

-- role: boss
revoke select on docs from boss

-- role: boss
select count(*) from docs

-- role: boss
update docs set n = n + 1

-- role: boss
grant select on docs to boss

-- role: boss
select count(*) from docs

-- role: boss
grant select on docs to reader

alter table docs owner to postgres

-- role: boss
select count(*) from docs

-- role: reader
select count(*) from docs

create schema area

create table area.t1 (a int)

create view area.v1 as select a from area.t1

create sequence area.s1

-- role: reader
select * from area.t1

grant usage on schema area to reader

-- role: reader
select * from area.t1

grant select on all tables in schema area to reader

-- role: reader
select * from area.t1

-- role: reader
select * from area.v1

revoke select on all tables in schema area from reader

-- role: reader
select * from area.v1

grant all on all sequences in schema area to reader

grant select on all tables in schema nope to reader

grant select on all sequences in schema area to nobody_here

grant create on schema area to writer

-- role: writer
create table area.w (a int)

grant usage on schema area to writer

-- role: writer
create table area.w (a int)

-- role: writer
grant select on area.w to reader

-- role: reader
select * from area.w

alter default privileges in schema area grant select on tables to reader

create table area.t2 (a int)

-- role: reader
select * from area.t2

-- role: writer
create table area.w2 (a int)

-- role: reader
select * from area.w2

alter default privileges for role writer in schema area grant select, insert on tables to reader, anon

-- role: writer
create table area.w3 (a int)

-- role: reader
insert into area.w3 values (1)

-- role: writer
create view area.wv as select * from area.w3

-- role: reader
select * from area.wv

-- role: reader
alter default privileges for role writer in schema area grant select on tables to reader

-- role: writer
alter default privileges in schema area revoke insert on tables from reader

-- role: writer
create table area.w4 (a int)

-- role: reader
insert into area.w4 values (1)

-- role: reader
select * from area.w4

-- role: writer
alter default privileges grant update on tables to reader

-- role: writer
create table area.w5 (a int)

-- role: reader
update area.w5 set a = 1

-- role: writer
alter default privileges revoke update on tables from reader

-- role: writer
alter default privileges revoke all on tables from writer

-- role: writer
create table area.w6 (a int)

-- role: writer
select * from area.w6

-- role: writer
alter default privileges grant all on tables to writer

-- role: writer
create table area.w7 (a int)

-- role: writer
select * from area.w7

alter default privileges in schema area grant usage on sequences to reader

alter default privileges grant execute on functions to reader

alter default privileges revoke execute on functions from public

alter default privileges grant usage on types to reader

alter default privileges grant usage on schemas to reader

create schema opened

create table opened.t (a int)

-- role: reader
select * from opened.t

alter default privileges revoke usage on schemas from reader

alter default privileges in schema area grant usage on schemas to reader

alter default privileges grant select (a) on tables to reader

alter default privileges grant usage on tables to reader

alter default privileges in schema nope grant select on tables to reader

alter default privileges for role nobody_here grant select on tables to reader

drop schema area

drop schema area cascade

select * from area.t1

drop schema opened cascade

create table numbered (id serial primary key, v text)

create table identified (id integer generated always as identity, v text)

revoke all on numbered, identified, numbered_id_seq, identified_id_seq from anon

grant insert, select on numbered, identified to reader

-- role: reader
insert into numbered (v) values ('x')

-- role: reader
insert into numbered (id, v) values (100, 'x')

-- role: reader
insert into numbered (v) select v from numbered where false

-- role: reader
insert into identified (v) values ('x') returning id

grant update on numbered_id_seq to reader

-- role: reader
insert into numbered (v) values ('x') returning id

revoke update on numbered_id_seq from reader

create view over_numbered as select id, v from numbered

grant insert on over_numbered to reader

-- role: reader
insert into over_numbered (v) values ('x')

-- role: anon
insert into over_numbered (v) values ('x') returning v
