-- setup
create table t (id integer primary key, v integer, s text default 'd', at timestamptz default now());
create table w (id integer primary key, v integer);
insert into t (id, v) values (1, 1), (2, 2), (3, 3);
insert into w values (1, 100), (2, null), (5, 500);

insert into t (id) values (4)

insert into t (id, v) values (5, 5), (6, 6) returning id, v, s

insert into t (id, v) values (7, 7) returning id as "Id", v + 1, s || '!'

insert into t (id, v, s) values (8, default, default) returning id, v, s

insert into t (id, s) values (9, null) returning s

insert into t (id, v) values (10, 1), (1, 2), (11, 3)

select id from t where id >= 10

insert into t (id, v) values (10)

insert into t (id) values (10, 11)

insert into t (id, id) values (10, 11)

insert into t (nope) values (1)

insert into nope values (1)

insert into t (id, v) values (10, 'x')

insert into t (id, v) values (10, '12') returning v

insert into t (id, v) values (11, 2147483648)

insert into t (id, v) select id + 20, v from w returning id, v

insert into t (id, v) select id, v from w

update t set v = v + 1 where id < 4 returning id, v

update t set v = v + 1, s = 'u' || v where id = 1 returning v, s

update t set v = id, id = v + 1000 where id = 2 returning id, v

-- # each sees the row as it was
update t set v = (select max(v) from t) + 1 where id in (1, 3) returning id, v

update t set v = (select w.v from w where w.id = t.id) where id = 1 returning v

update t set v = (select w.v from w where w.id = t.id) where id = 3 returning v

update t set v = 1 / 0 where id = 99999

update t set v = 1 / (id - 3)

select id, v from t where id = 3

update t set nope = 1

update t set v = 'x'

update t set v = default, s = default where id = 4 returning v, s

update t set v = null where id = 4 returning v

update t set (v, s) = (77, 'row') where id = 4 returning v, s

update t as x set v = x.v where x.id = 5 returning x.id

update t set id = id + 1 where id in (5, 6)

update t set v = 5 where v in (select v from t where id = 5) returning id

delete from t where id = 8 returning id, s

delete from t where id = 8

delete from t where id in (select id from t where id > 20) returning id

delete from t where v = (select v from t)

delete from nope

select id, v, s from t

insert into w values (6, 1)

update w set v = 1 where id = 6 returning (select count(*) from w)

select count(*) from w

update w set v = coalesce(v, 0) + (select count(*) from w) returning id, v

delete from w returning *

insert into w default values

insert into t values (50)

insert into t values (51, 1, 'x', '2026-01-01', 5)

-- readonly
insert into w values (9, 9)

-- readonly
select 1 where exists (select 1 from t where id = 1)

-- args: ["60", null, "p"]
insert into t (id, v, s) values ($1, $2, $3) returning id, v, s

-- args: ["60"]
delete from t where id = $1 returning id
