create table t (a int, b text, c jsonb, n numeric(8,2))

create index h1 on t using hash (a)

create index h2 on t using hash (a, b)

create unique index h3 on t using hash (a)

create index h4 on t using hash (a desc)

create index g1 on t using gin (c)

create index g2 on t using gin (c jsonb_path_ops)

create index g4 on t using gin (a)

create unique index g6 on t using gin (c)

-- refused
create index br on t using brin (a)

create index nm on t using nope (b)

insert into t values (1, 'x', '{"a": 1}', 1.5), (2, 'y', null, null)

select a from t where c @> '{"a": 1}'

create unique index u1 on t (n) nulls not distinct

insert into t (a) values (3)

insert into t (a, n) values (3, 1.50)

insert into t (a, n) values (3, 2.50)

update t set n = null where a = 3

update t set n = 1.5 where a = 3

drop index u1

insert into t (a, b) values (4, null), (4, null)

create unique index u2 on t (a, b) nulls not distinct

delete from t where a = 4

create unique index u2 on t (a, b) nulls not distinct

insert into t (a) values (4)

insert into t (a) values (4)

insert into t (b) values ('z')

insert into t (b) values ('z')

insert into t (a, b) values (5, 'z'), (5, 'y')

drop index u2

alter table t add unique nulls not distinct (b)

delete from t where b is null

alter table t add constraint bn unique nulls not distinct (b)

insert into t (a) values (5), (6)

insert into t (a) values (5)

insert into t (a, b) values (7, 'q')

create unique index i1 on t (b) include (a)

create unique index i2 on t (b) include (nope)

insert into t (a, b) values (8, 'q')

create table ti (a int, b int, c int, primary key (a) include (b), unique (c) include (a, b))

insert into ti values (1, 1, 1)

insert into ti values (1, 2, 2)

insert into ti values (2, 2, 1)

alter table ti drop column b

insert into ti values (1, 1)

create index w on t (a) with (fillfactor = 50)

create index w2 on t (a) with (nope = 50)

create index w3 on t (a) with (fillfactor = 5)

create index only_i on only t (a)

alter table t alter c type text using c::text

alter table t drop column n cascade

drop index h1, g1

drop index g2

drop index w, only_i
