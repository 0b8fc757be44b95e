-- setup
create table t (id integer primary key, v integer, s text default 'd', g integer generated always as (v * 10) stored);
create table copy (id integer primary key, v integer, s text);
create table p (id integer primary key, name text unique);
create table k (id integer primary key, p integer references p on delete cascade on update cascade, note text);
create table tree (id integer primary key, up integer references tree, name text);
create table nul (id integer primary key, p integer references p on delete set null);
create table chk (id integer primary key, v integer check (v > 0), n text not null);
create table logs (id serial primary key, what text);
create table other (id serial primary key, what text);
create table own (id integer primary key, owner text, v integer);
alter table own enable row level security;
create policy o on own using (owner = current_setting('request.jwt.claims', true)::json->>'sub');
grant select, insert, update, delete on own, t to anon;
insert into t (id, v) values (1, 10), (2, 20), (3, 30);
insert into p values (1, 'one'), (2, 'two'), (3, 'three');
insert into k values (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
insert into tree values (1, null, 'root'), (2, 1, 'left'), (3, 1, 'right'), (4, 2, 'leaf');
insert into nul values (1, 1), (2, 3);
insert into chk values (1, 1, 'x'), (2, 2, 'y');
insert into own values (1, 'ann', 1), (2, 'bob', 2), (3, 'ann', 3);
create view tv as select id, v from t where v < 1000 with check option;

-- tx: rollback
with w as (update t set v = v + 1 returning id, v) select (select sum(v) from t), (select sum(v) from w)

-- tx: rollback
with w as (insert into t (id, v) values (9, 90) returning *) select count(*), (select count(*) from w) from t

-- tx: rollback
with w as (delete from t where v > 10 returning *) select t.id, w.v from t left join w on w.id = t.id

-- tx: rollback
with w as (select count(*) as n from t), x as (delete from t returning id) select n, (select count(*) from x) from w

-- tx: rollback
with w as (delete from t returning *) insert into t (id, v, s) select id + 100, v, s from w returning *

-- tx: rollback
with w as (delete from t where id = 1 returning *) insert into t (id, v, s) select id, v * 2, s || '!' from w returning id, v, s, g

-- tx: rollback
with w as (delete from t where id = 1 returning *) insert into t (id, v, s) select id, v * 2, s || '!' from w; select * from t

-- tx: rollback
with i as (insert into t (id, v) values (7, 70)) update t set v = v + 1; select id, v from t

-- tx: rollback
with i as (insert into t (id, v) values (7, 70) returning id) update t set v = 0 where id in (select id from i); select id, v from t

-- tx: rollback
with u as (update t set v = v + 1 where id = 1 returning *), d as (delete from t where id = 2 returning *), i as (insert into t (id, v) select 50, count(*) from t returning *) select 'u', id, v, g from u union all select 'd', id, v, g from d union all select 'i', id, v, g from i union all select 't', id, v, g from t

-- tx: rollback
with u as (update t set v = v + 1 where id = 1), d as (delete from t where id = 2), i as (insert into t (id, v) select 50, count(*) from t) select id, v from t; select id, v, g from t

-- tx: rollback
with u as (update t set v = v + 1 where id = 1 returning *) update t set v = v + (select sum(v) from u) where id <> 1 returning id, v; select id, v from t

-- tx: rollback
with u as (update t set v = v + 1 where id = 1 returning *) update t set v = t.v + u.v from u where t.id = u.id + 1 returning t.id, t.v, u.v; select id, v from t

-- tx: rollback
with u as (update t set v = v + 1 where id = 1 returning *) delete from t using u where t.id = u.id + 1 returning t.*, u.v

-- refused
-- tx: rollback
with u as (update t set v = v + 1 where id = 1 returning *) update t set v = 0

-- refused
-- tx: rollback
with u as (update t set v = v + 1 returning *) delete from t where id = 1

-- refused
-- tx: rollback
with d as (delete from t where id = 1), e as (delete from t where id = 1) select 1

-- tx: rollback
with d as (delete from t where id = 1), e as (delete from t where id = 2) select count(*) from t; select count(*) from t

-- tx: rollback
with d as (delete from t where id = 100), e as (delete from t where id = 100) select count(*) from t

-- tx: rollback
with a as (insert into logs (what) values ('a')), b as (insert into logs (what) values ('b')), c as (insert into logs (what) values ('c') returning id, what) select id, what from c; select id, what from logs

-- tx: rollback
with a as (insert into other (what) values ('a') returning id, what), b as (insert into other (what) select what || 'b' from a returning id, what) select * from b union all select * from a; select id, what from other

with a as (insert into t (id, v) values (60, 1)), b as (insert into t (id, v) values (60, 2)) select 1

with a as (insert into t (id, v) values (61, 1) returning id) insert into t (id, v) select id, 2 from a

with a as (insert into chk values (10, 1, 'a') returning id) insert into chk select id + 1, -1, 'b' from a

with a as (insert into chk values (10, 1, 'a') returning id) insert into chk select id + 1, 1, null from a

with a as (update chk set v = 0 where id = 1 returning id) select count(*) from chk

with a as (update chk set n = null where id = 1 returning id) select count(*) from chk

select * from chk

-- tx: rollback
with a as (update tv set v = 500 where id = 1 returning *) select tv.id, tv.v, a.v from tv left join a on a.id = tv.id

with a as (update tv set v = 5000 where id = 1 returning *) select count(*) from tv

-- tx: rollback
with w as (delete from p where id = 1 returning *) select w.name, (select json_agg(k.note order by k.id) from k where k.p = w.id) from w; select count(*) from k

-- tx: rollback
with w as (update p set id = id + 10 where id = 1 returning *) select w.name, (select count(*) from k where k.p = w.id), (select count(*) from k where k.p = w.id - 10) from w; select id, p from k

-- tx: rollback
with w as (delete from p where id = 3 returning *) select w.name, nul.id, nul.p from w join nul on nul.p = w.id; select id, p from nul

-- refused
-- tx: rollback
with w as (delete from p where id = 2), x as (insert into k values (10, 1, 'new') returning *) select x.*, (select count(*) from k) from x; select id, p from k

-- refused
-- tx: rollback
with w as (delete from p where id = 2), x as (insert into k values (10, 2, 'orphan')) select count(*) from k

-- refused
-- tx: rollback
with w as (delete from p where id = 2), x as (update k set p = 1 where id = 3) select count(*) from k

-- tx: rollback
with x as (insert into p values (8, 'eight') returning id), y as (insert into k select 80, id, 'child' from x returning *) select y.*, (select count(*) from k), (select count(*) from p) from y

-- tx: rollback
with y as (insert into k values (81, 8, 'first') returning *), x as (insert into p values (8, 'eight') returning id) select y.id, x.id, (select count(*) from k) from x, y

with y as (insert into k values (81, 888, 'orphan') returning *) select y.id, (select count(*) from k) from y

-- tx: rollback
with n as (insert into tree values (5, 2, 'new') returning *) select n.name, u.name as up, (select count(*) from tree) from n join tree u on u.id = n.up

-- tx: rollback
with n as (insert into tree values (5, 2, 'new'), (6, 5, 'below') returning *) select n.name, u.name as up from n left join tree u on u.id = n.up order by n.id

-- tx: rollback
with n as (update tree set name = upper(name) where up = 1 returning *) select row_to_json(n), (select row_to_json(u) from tree u where u.id = n.up), (select json_agg(c) from tree c where c.up = n.id) from n

-- tx: rollback
with n as (delete from tree where id = 4 returning *) select n.name, (select u.name from tree u where u.id = n.up), (select count(*) from tree) from n

with n as (delete from tree where id = 1 returning *) select n.name, (select count(*) from tree) from n

-- tx: rollback
with n as (delete from tree where id = 2 returning *), m as (update tree set up = 3 where id = 4 returning *) select n.name, m.up from n, m

select * from tree

-- tx: rollback
with n as (delete from tree where id = 2 returning *), m as (update tree set up = 3 where id = 4 returning *) select n.name, m.up from n, m; select * from tree

-- tx: rollback
with i as (insert into p (id, name) values (9, 'one') on conflict (name) do nothing returning id) select id from i union all select id from p where name = 'one'

-- tx: rollback
with i as (insert into p (id, name) values (9, 'nine') on conflict (name) do nothing returning id) select id from i union all select id from p where name = 'nine'

-- tx: rollback
with i as (insert into p (id, name) values (9, 'one'), (10, 'ten') on conflict (name) do update set name = excluded.name || '!' returning id, name) select i.id, i.name, p.name as before from i left join p on p.id = i.id; select id, name from p

-- tx: rollback
with i as (insert into p (id, name) values (9, 'one') on conflict (name) do update set name = (select max(name) from p) || 'x' returning *) select i.*, (select count(*) from k where k.p = i.id), (select string_agg(name, ',' order by id) from p) from i; select id, name from p

with i as (insert into p (id, name) values (9, 'nine'), (11, 'nine') on conflict (name) do update set name = 'x' returning id) select id, (select count(*) from p) from i

with i as (insert into chk values (1, 1, 'a') on conflict (id) do update set v = -1 returning id) select id, (select count(*) from chk) from i

-- refused
-- tx: rollback
with i as (insert into p (id, name) values (1, 'x') on conflict (id) do nothing), u as (update p set name = 'y' where id = 2) select 1

-- tx: rollback
with u as (update p set name = name || '!' where id = 2 returning *) insert into k select 90, id, (select name from p where p.id = u.id) from u on conflict (id) do nothing returning *, (select count(*) from k)

-- tx: rollback
with d as (delete from k where p = 1 returning *) insert into copy select d.id, (select count(*) from k), d.note from d returning *

-- tx: rollback
with w as (with x as (select max(id) as m from t) insert into t (id, v) select m + 1, m from x returning *) select w.id, w.v, (select count(*) from t) from w

-- tx: rollback
with a as (select 5 as five), w as (with x as (select five + 1 as six from a) update t set v = six from x returning id, v) select * from w, a

-- tx: rollback
with w as (with x as (select id from t where v > 10) delete from t using x where x.id = t.id returning t.id) select id from w

with w as (with x as (delete from t returning id) insert into copy select id from x returning id) select * from w

-- tx: rollback
insert into copy with x as (delete from t where id = 3 returning id, v) select id, v from x

-- tx: rollback
with x as (delete from t where id = 3 returning id, v) insert into copy with y as (select * from x) select id, v from y returning *

with recursive r (n) as (select 1 union all select n + 1 from r where n < 3), i as (insert into t (id, v) select 200 + n, n from r returning id, v) select i.id, i.v, (select count(*) from t) from i

select id, v, g from t where id > 200

with d as (delete from t where id > 200 returning *) select count(*), (select count(*) from t) from d

-- tx: rollback
with d as (delete from t returning *), i as (insert into copy (id, v, s) select id, v, s from d where v > 10 returning *), u as (update t set s = 'never' where id > 1000 returning *) select (select count(*) from d), (select count(*) from i), (select count(*) from u), (select count(*) from t), (select count(*) from copy); select * from copy

-- tx: rollback
with d as (delete from t returning *) select x.id, y.id from d x join d y on y.v > x.v join t on t.id = x.id

-- tx: rollback
with d as (delete from t returning *) select v, grouping(v), count(*), (select count(*) from t) from d group by rollup (v)

-- tx: rollback
with d as (delete from t where id = 1 returning *), x as (select * from d) select 1 from t

-- tx: rollback
with d as (delete from t where id = 1 returning *), x as (select * from d) select id from t; select id from t

-- tx: rollback
with d as (delete from t returning id) select id from t order by id limit 1

-- tx: rollback
with d as (delete from t returning id) select id from d order by id limit 1; select count(*) from t

-- tx: rollback
with d as (delete from t returning id) select 1 from d where false; select count(*) from t

-- tx: rollback
with u as (update t set v = 1 / (v - 20)) select count(*) from t

-- tx: rollback
with u as (update t set v = v returning id, v), w as (update t set v = -1 where id = 99) select count(*) from u

-- role: anon
-- claims: {"sub": "ann"}
-- tx: rollback
with u as (update own set v = v + 10 returning *) select u.id, u.v, own.v from u join own using (id)

-- role: anon
-- claims: {"sub": "ann"}
-- tx: rollback
with d as (delete from own returning *) select count(*), (select count(*) from own) from d

-- role: anon
-- claims: {"sub": "ann"}
with d as (update own set owner = 'bob' returning *) select count(*), (select count(*) from own) from d

-- role: anon
-- claims: {"sub": "ann"}
with i as (insert into own values (2, 'ann', 1) on conflict (id) do nothing returning id) select id from i union all select id from own where id = 2

-- role: anon
-- claims: {"sub": "ann"}
with i as (insert into own values (2, 'ann', 1) on conflict (id) do update set v = 0 returning id) select id, (select count(*) from own) from i

-- args: ["1", "77"]
-- tx: rollback
with u as (update t set v = $2::integer where id = $1::integer returning *) select t.v, u.v, $2::integer from t join u using (id)

-- refused
-- tx: rollback
with u as (update t set v = v + 1 returning t) select count(*) from t

-- tx: rollback
with u as (update t set v = v + 1 returning *) select json_agg(u order by u.id), (select json_agg(t order by t.id) from t) from u

with u as (update t set v = v + 1) select * from u, t

with u as (update t set v = v + 1 returning *) select * from t for update

select id, v, s, g from t

select id, v from own
