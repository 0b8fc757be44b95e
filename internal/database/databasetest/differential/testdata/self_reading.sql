-- setup
create table t (id integer primary key, v integer, u integer unique, up integer);
insert into t values (1, 10, 1, null), (2, 20, 2, 1), (3, 30, 3, 1), (4, null, null, 2);
create table log (n integer);

update t set v = (select sum(v) from t) where id < 3 returning id, v

select id, v from t

update t set v = (select count(*) from t x where x.v >= t.v) returning id, v

update t set v = id where v = (select max(v) from t) returning id

update t set u = 3 where id = 1

update t set u = case u when 1 then 2 when 2 then 1 else u end

select id, u from t

update t set u = u + 10 where u is not null returning id, u

update t set u = -u, v = u where id in (1, 2) returning id, u, v

insert into t select id + 10, v, null, id from t returning id, up

insert into t select max(id) + 1, count(*), null, null from t returning id, v

delete from t where id > (select min(id) from t) + 9 returning id

delete from t where exists (select 1 from t x where x.up = t.id) returning id

select id, up from t

insert into log select id from t where not exists (select 1 from log)

insert into log select id from t where not exists (select 1 from log)

select n from log

insert into log select n from log

select n from log

delete from log where n in (select n from log)

select count(*) from log

update t set id = id where id = 3 returning id

update t set v = v where v is null returning id

update t set v = 2147483647 where id = 3 returning v

update t set v = v + 1

update t set v = v + id - id where id = 3

insert into t values (100, 1, null, null), (101, 2147483648, null, null)

insert into t (id, v) values (100, (select max(v) from t)) returning v

insert into t (id, v) values (102, (select v from t where id = 9999)) returning v

insert into t (id, v) values (103, (select id from t))

-- tx: commit
update t set v = 1 where id = 100; update t set v = v + 1 where id = 100; update t set v = v * 10 where id = 100 returning v; delete from t where v = 20; select count(*) from t where id = 100

-- tx: rollback
delete from t; insert into t values (1, 1, 1, 1); select id, v, u, up from t

select id from t
