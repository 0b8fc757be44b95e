-- setup
drop role if exists pn_a, pn_b;
create role pn_a; create role pn_b;
create schema pn; grant usage on schema pn to pn_a, pn_b;
create table pn.teams (id integer primary key, name text);
create table pn.members (team integer references pn.teams, who text, level integer, note text);
create table pn.docs (id integer primary key, team integer, title text, extra integer);
insert into pn.teams values (1, 'red'), (2, 'blue');
insert into pn.members values (1, 'pn_a', 1, 'x'), (2, 'pn_b', 2, 'y'), (1, 'pn_b', 0, 'z');
insert into pn.docs values (1, 1, 'r1', 0), (2, 2, 'b1', 0), (3, 1, 'r2', 1);
grant select on pn.teams, pn.members, pn.docs to pn_a, pn_b;
alter table pn.docs enable row level security;
create policy mine on pn.docs using (exists (select 1 from pn.members m where m.team = docs.team and who = current_user and level > 0));
create policy named on pn.docs using (team in (select id from pn.teams where name = 'green'))

-- role: pn_a
select id, title from pn.docs order by id

-- role: pn_b
select id, title from pn.docs order by id

alter table pn.members rename column level to rank

alter table pn.members add column level integer default 0

-- role: pn_a
select id, title from pn.docs order by id

alter table pn.members rename to membership

-- role: pn_a
select id, title from pn.docs order by id

alter table pn.docs rename column team to group_id

alter table pn.docs rename to papers

-- role: pn_b
select id, title from pn.papers p order by id

-- role: pn_b
select x.id from pn.papers as x(id, a, b) order by 1

alter table pn.docs add column who text

alter table pn.papers add column who text default 'pn_b'

-- role: pn_a
select id from pn.papers order by id

-- role: pn_b
select id from pn.papers order by id

alter table pn.membership drop column note

alter table pn.membership drop column rank

alter table pn.membership alter column rank type bigint

alter table pn.papers drop column group_id

alter table pn.papers alter column group_id type bigint

alter table pn.papers drop column extra

drop table pn.membership

drop table pn.teams

-- role: pn_a
select id from pn.papers order by id

create schema pn2

alter table pn.membership set schema pn2

-- role: pn_a
select id from pn.papers order by id

grant usage on schema pn2 to pn_a

alter schema pn rename to pn3

-- role: pn_a
select id from pn3.papers order by id

update pn3.teams set name = 'green' where id = 2

-- role: pn_a
select id from pn3.papers order by id

alter table pn3.teams rename column name to label

-- role: pn_a
select id from pn3.papers order by id

create view pn3.team_view as select id, label from pn3.teams

create policy viewed on pn3.papers as restrictive for select using (group_id in (select id from pn3.team_view))

grant select on pn3.team_view to pn_a

-- role: pn_a
select id from pn3.papers order by id

alter view pn3.team_view rename column id to key

alter view pn3.team_view rename to tv

-- role: pn_a
select id from pn3.papers order by id

drop view pn3.tv

drop view pn3.tv cascade

alter policy mine on pn3.papers using (exists (select 1 from pn2.membership where team = papers.group_id and rank > 1))

-- role: pn_b
select id from pn3.papers order by id

alter table pn2.membership drop column rank cascade

-- role: pn_b
select id from pn3.papers order by id

create policy selfish on pn3.papers using (id = (select max(id) from pn3.papers))

-- role: pn_a
select id from pn3.papers

drop policy selfish on pn3.papers

create policy outer_star on pn3.papers for insert with check (exists (select * from pn3.teams t where t.id = pn3.papers.group_id))

drop schema pn2, pn3 cascade

drop role pn_a, pn_b
