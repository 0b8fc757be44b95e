-- setup
drop role if exists owner1, member1, member2, maker, lone, made, "Mixed Case", u1, g1, opts, renamed_opts, r_in, a, b, c, comm;
create role owner1; create role member1; create role member2; create role maker createrole; create role lone

create role owner1

create role "Mixed Case"

drop role "Mixed Case"

create role pg_mine

create role public

create role none

create user u1 with nologin nocreatedb nocreaterole noinherit nosuperuser nobypassrls noreplication

create group g1

create role opts login createdb createrole inherit

create role dup login nologin

create role r_in in role owner1, g1 role member1 admin member2

create role r_bad in role nobody

alter role opts nologin nocreatedb

alter role opts bypassrls

alter role nobody nologin

alter role opts rename to renamed_opts

alter role nobody rename to x

alter role owner1 rename to member1

alter user u1 with createdb

alter group g1 add user member1, member2

alter group g1 drop user member2

drop role if exists nobody_at_all

drop role nobody_at_all

drop user u1

drop group g1

drop role renamed_opts, r_in

grant owner1 to member1

grant owner1 to member1

grant member1 to owner1

grant owner1 to owner1

grant owner1 to nobody

grant nobody to owner1

revoke owner1 from member2

revoke owner1 from member1

grant owner1 to member1 with admin option

-- role: member1
grant owner1 to member2

-- role: member2
grant owner1 to lone

revoke admin option for owner1 from member1

-- role: member1
grant owner1 to lone

-- role: maker
grant owner1 to lone

-- role: maker
create role made

-- role: maker
create role made_super superuser

-- role: maker
create role made_bypass bypassrls

-- role: maker
alter role made superuser

-- role: maker
alter role made bypassrls

-- role: maker
alter role made createdb

-- role: maker
grant postgres to made

-- role: lone
create role by_lone

-- role: lone
drop role made

-- role: lone
alter role made login

-- role: maker
drop role postgres

-- role: maker
drop role maker

-- role: maker
drop role made

create schema own authorization owner1

create table own.t (id int primary key, v text)

alter table own.t owner to owner1

insert into own.t values (1, 'x')

-- role: owner1
select * from own.t

-- role: member2
select * from own.t

-- role: member1
update own.t set v = 'y' returning *

-- role: lone
select * from own.t

drop role owner1

-- role: member1
alter table own.t add column w int

-- role: member2
create table own.t2 (a int)

-- role: member2
alter table own.t2 owner to owner1

-- role: member2
alter table own.t2 owner to lone

-- role: owner1
create view own.v as select id from own.t

-- role: owner1
grant select on own.v to lone

-- role: lone
select * from own.v

-- role: owner1
grant usage on schema own to lone

-- role: lone
select * from own.v

-- role: lone
create table own.denied (a int)

-- role: lone
drop table own.t

-- role: lone
alter table own.t add column z int

-- role: lone
drop view own.v

-- role: lone
alter view own.v rename to vv

-- role: lone
comment on view own.v is 'x'

-- role: lone
comment on table own.t is 'x'

-- role: lone
create index on own.t (v)

-- role: lone
truncate own.t

-- role: lone
create policy p on own.t using (true)

-- role: lone
grant select on own.t to member1

-- role: lone
drop schema own

-- role: lone
-- messages: differ
create schema mine

-- role: lone
create or replace view own.v as select 1 as id

reassign owned by owner1 to nobody

reassign owned by postgres to owner1

-- role: lone
-- messages: differ
reassign owned by owner1 to lone

reassign owned by owner1 to member2

drop role owner1

drop role lone

-- role: member2
select * from own.v

-- role: owner1
select * from own.v

create policy p1 on own.t for select to lone using (true)

create policy p2 on own.t for select to lone, member1 using (true)

drop role lone

drop owned by lone

-- role: lone
select * from own.v

drop role lone

create role lone

-- role: member2
create view own.dep as select * from own.t

drop owned by member2

drop owned by member2 cascade

select * from own.t

drop role member1, member2

drop role if exists lone, maker

create role a; create role b in role a; create role c noinherit in role b; create table inh (x int); revoke all on inh from anon; grant select on inh to a

-- role: b
select * from inh

-- role: c
select * from inh

alter role c inherit

-- role: c
select * from inh

alter role b noinherit

-- role: c
select * from inh

drop table inh

drop role a, b, c

create role comm

comment on role comm is 'a role'

comment on role nobody is 'x'

create table commented (id int primary key, v text, constraint chk check (id > 0))

create index commented_v on commented (v)

create sequence comm_seq

create policy comm_p on commented using (true)

comment on constraint chk on commented is 'c'

comment on constraint nope on commented is 'c'

comment on constraint commented_pkey on commented is 'pk'

comment on index commented_v is 'i'

comment on index commented is 'i'

comment on index nope is 'i'

comment on sequence comm_seq is 's'

comment on sequence commented is 's'

comment on policy comm_p on commented is 'p'

comment on policy nope on commented is 'p'

comment on column commented.v is 'v'

comment on column commented.nope is 'v'

comment on column nope.v is 'v'

comment on table commented is null

comment on table comm_seq is 'x'

comment on schema public is 'the public one'

comment on schema nope is 'x'

drop role comm
