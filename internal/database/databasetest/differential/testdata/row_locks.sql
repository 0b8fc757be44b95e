-- setup
create table t (id integer primary key, v integer);
insert into t values (1, 10), (2, 20), (3, 30);
create table u (id integer primary key, t integer);
insert into u values (1, 1), (2, 2);
create table readable (id integer primary key, v integer);
insert into readable values (1, 1);
revoke all on readable from anon, authenticated;
grant select on readable to anon, authenticated;
grant update (v) on readable to authenticated;
create table guarded (id integer primary key, owner text);
insert into guarded values (1, 'a'), (2, 'b'), (3, 'a');
alter table guarded enable row level security;
create policy s on guarded for select using (id < 3);
create policy w on guarded for update using (owner = 'a');

-- ordered
select id, v from t order by id desc for update

-- ordered
select id from t where v > 10 order by id limit 1 for update skip locked

select id from t for share nowait

select id from t for no key update of t

select t.id, u.id from t, u where u.t = t.id for key share of u

select t.id, u.id from t, u where u.t = t.id for update of t for share of u nowait

select x.id from t as x for update of t

select x.id from t as x for update of x

select id from t for update of public.t

select id from t for update of nothing

select distinct v from t for update

select v from t group by v for update

select count(*) from t for share

select 1 from t having true for update

select generate_series(1, 2) from t for update

select id from t union select id from u for update

select row_number() over () from t for update

select t.id, u.id from t left join u on u.t = t.id for update

select t.id, u.id from t left join u on u.t = t.id for update of t

select t.id from t, generate_series(1, 2) g where g = t.id for update

with w as (select id from u) select t.id from t join w on w.id = t.id for update

select json_build_object('id', id), row_to_json(t) from t where id = 1 for update

-- readonly
select id from t for update

-- readonly
select id from t for share

-- role: anon
select id from readable for update

-- role: authenticated
select id from readable for update

-- role: anon
select id from readable for key share

-- role: authenticated
select id from guarded for update

-- role: authenticated
select id from guarded

update t set v = v + 1 where id = (select id from t order by id limit 1 for update skip locked) returning id, v

update t set v = v + 1 where id in (select id from u for update) returning id, v

-- args: ["2"]
select v from t where id = $1 for update

-- tx: commit
select v from t where id = 1 for update
