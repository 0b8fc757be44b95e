-- setup
create table t (id integer primary key, v text);
insert into t values (1, 'a'), (2, 'b');
create role explain_reader;
create table hidden (id integer)

-- shape
explain (format json) select * from t

-- shape
explain (format json, costs off, verbose) select v from t where id = 1

-- shape
explain (analyze, format json) select * from t order by v

-- shape
explain (format 'json', analyze off, buffers off, settings 1) insert into t values (3, 'c')

-- tx: rollback
-- shape
explain (analyze true, format json) insert into t values (3, 'c') returning id

-- tx: rollback
-- shape
explain (analyze, timing off, summary off, format json) update t set v = 'x'

-- shape
explain (format json) select count(*) from t, lateral (select t.id + 1) l

-- shape
explain (format json) delete from t where id in (select id from hidden)

-- shape
explain (format json, format json) values (1), (2)

select * from t

-- types: ["int4"]
-- args: [1]
-- shape
explain (format json) select * from t where id = $1

explain (nope) select 1

explain (analyze maybe) select 1

explain (format pretty) select 1

explain (wal) select 1

explain (timing on) select 1

explain select nope from t

explain select * from nope

explain select 1 / 0

explain analyze select 1 / (id - 1) from t

explain insert into t values (1)  returning nope

explain create table x (a integer)

explain explain select 1

-- role: explain_reader
explain select * from hidden

-- role: explain_reader
explain analyze delete from t

explain analyze insert into t values (1, 'again')

-- readonly
explain analyze insert into t values (9, 'again')

-- readonly
-- shape
explain (format json) insert into t values (9, 'again')

select count(*) from t
