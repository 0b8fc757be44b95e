create table p (id int primary key, note text)

create table c (id int primary key, p int constraint fk references p, r int constraint fr references p deferrable initially deferred)

create table log (n int)

insert into p values (1, 'a'), (2, 'b')

-- tx: commit
insert into c (id, r) values (1, 70); with a as (insert into c (id, p) values (2, 1) returning id), b as (insert into log select id from a) select count(*) from a

-- tx: commit
insert into c (id, r) values (1, 70); with a as (update p set note = 'x' where id = 1 returning id), b as (insert into c (id, p) select 3, id from a) select count(*) from a; insert into p values (70)

select id, p, r from c order by id

-- tx: commit
insert into c (id, r) values (4, 80); with a as (insert into p values (80) returning id), b as (insert into c (id, p) select 5, id from a) select count(*) from a

select id, p, r from c order by id

-- tx: commit
insert into c (id, r) values (6, 90); with a as (insert into c (id, p) values (7, 91) returning id), b as (insert into log select id from a) select count(*) from a

-- tx: commit
with a as (insert into c (id, r) values (8, 92) returning id), b as (insert into c (id, p) select id + 1, 1 from a) select count(*) from a; insert into p values (92)

-- tx: commit
with a as (insert into c (id, r) values (10, 93) returning id), b as (insert into c (id, p) select id + 1, 1 from a) select count(*) from a

with a as (insert into c (id, r) values (10, 94) returning id), b as (insert into c (id, p) select id + 1, 1 from a) select count(*) from a

with a as (insert into c (id, p) values (10, 94) returning id), b as (insert into c (id, p) select id + 1, 1 from a) select count(*) from a

with a as (insert into p values (95) returning id), b as (insert into c (id, p) select 12, id from a) select count(*) from a

-- tx: commit
insert into c (id, r) values (13, 96); insert into c (id, p) values (1, 2) on conflict (id) do update set p = excluded.p; insert into p values (96)

-- tx: commit
insert into c (id, r) values (14, 97); insert into c (id, p) values (1, 2) on conflict (id) do update set p = excluded.p

-- tx: commit
insert into c (id, r) values (14, 97); insert into c (id, p) values (1, 98) on conflict (id) do update set p = excluded.p

insert into c (id, p) values (1, 99) on conflict (id) do update set p = excluded.p

insert into c (id, r) values (1, 99) on conflict (id) do update set r = excluded.r

-- tx: commit
insert into c (id, r) values (1, 99) on conflict (id) do update set r = excluded.r; insert into p values (99)

-- tx: commit
delete from p where id = 99; with a as (insert into p values (99) returning id), b as (insert into log select id from a) select count(*) from a

-- messages: differ
-- tx: commit
delete from p where id = 99; with a as (insert into p values (101) returning id), b as (insert into c (id, p) select 20, id from a) select count(*) from a

delete from p where id = 1

with a as (delete from c where p = 1 returning id), b as (delete from p where id = 1 returning id) select (select count(*) from a), (select count(*) from b)

select id, p, r from c order by id

select id from p order by id

insert into c (id, p) values (30, 1)
