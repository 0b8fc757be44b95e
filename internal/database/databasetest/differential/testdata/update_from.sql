-- setup
create table t (id integer primary key, v integer, name text, d integer generated always as (v * 2) stored, at date default '2026-01-01');
insert into t values (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, null, 'd');
create table u (id integer, t integer, w integer, note text, primary key (id));
insert into u values (1, 1, 100, 'one'), (2, 2, 200, 'two'), (3, 2, 300, 'two again'), (4, 9, 400, 'none');
create table empty (id integer, v integer);
create table n (k numeric primary key, v integer);
insert into n values (1.0, 1), (2, 2);
create view tv as select id, v, name from t where v is null or v < 1000;
create table kids (id integer primary key, t integer references t on update cascade on delete set null);
insert into kids values (1, 1), (2, 2);
create table secret (id integer primary key, owner text, v integer);
insert into secret values (1, 'a', 1), (2, 'b', 2), (3, 'a', 3);
alter table secret enable row level security;
create policy p on secret using (owner = 'a');
create policy upd on secret as restrictive for update using (v < 3) with check (v <> 66);
create table hints (id integer primary key, s integer, v integer);
insert into hints values (1, 1, 11), (2, 2, 22), (3, 3, 33);
alter table hints enable row level security;
create policy h on hints for select using (v <> 33);

update t set v = u.w from u where u.t = t.id and u.id = 1 returning t.id, t.v, t.d, u.note

update t set v = u.w from u where u.t = t.id and u.id = 1 returning *

update t as x set v = x.v + y.w from u as y where y.t = x.id and y.id in (1, 2) returning x.*, y.id

-- tx: rollback
-- refused
update t set name = u.note from u where u.t = t.id

update t set name = 'same' from u where u.t = t.id

update t set name = 'joined' from u where u.t = t.id returning t.id, name

-- tx: rollback
-- refused
update t set name = u.note from u where u.t = t.id returning u.id

update t set name = u.note from u where u.t = t.id and u.id <> 3 returning t.id, name, u.*

-- tx: rollback
-- refused
update t set v = s.sum from (select t, sum(w) as sum from u group by t) s where s.t = t.id returning t.id, t.v, s

update t set v = s.sum from (select t, sum(w) as sum from u group by t) s where s.t = t.id returning t.id, t.v, s.sum

update t set v = e.v from empty e where e.id = t.id returning t.id

update t set v = e.v from empty e

update t set v = 1 from t

update t set v = o.v from t o where o.id = t.id + 1 returning t.id, t.v, o.v as old

select id, v, d from t

update t set v = o.v + t.v from t o where o.id = t.id returning t.id, t.v, o.v as old

-- tx: rollback
update t set v = l.w from u left join kids k on k.t = u.t, lateral (select u.w) l where u.t = t.id and u.id = 2

update t set v = u.w, name = k.id::text from u left join kids k on k.t = u.t where u.t = t.id and u.id = 2 returning t.id, t.v, k.id, k.t

update t set v = u.w from u left join empty e on e.id = u.id where u.t = t.id and u.id = 2 returning t.id, e.v, e.id

update t set v = u.w from u join t on t.id = u.t

update t set v = x.v from (values (1, 5), (2, 6)) as x (id, v) where x.id = t.id returning t.id, t.v, x.v

update t set v = g from generate_series(1, 2) g where g = t.id returning t.id, t.v, g

update t set v = 1 / (u.w - 100) from u where u.t = t.id and u.id = 1

update t set v = u.nothing from u where u.t = t.id

update t set v = id from u where u.t = t.id

update t set v = 'x' from u where u.t = t.id

update t set d = 1 from u where u.t = t.id

update t set id = u.id + 10 from u where u.t = t.id and u.id = 1 returning t.id, u.t

select * from kids

update t set id = 11 from u where u.t = t.id and u.id = 2

update tv set v = u.w + 1 from u where u.t = tv.id and u.id = 2 returning tv.id, tv.v, u.w

update n set v = x.v from (values (1.00, 7), (2.000, 8)) as x (k, v) where x.k = n.k returning n.k, n.v, x.k

update n set k = x.k from (values (1, 1.50)) as x (id, k) where x.id = n.v - 6 returning n.k, x.k

with s as (select id, w from u) update t set v = s.w from s where s.id = t.id returning t.id, t.v

with s as (select id, w from u) update t set v = (select max(w) from s) where id = 2 returning t.id, t.v, (select count(*) from s), (select sum(v) from t)

update t set (v, name) = (select w, note from u where u.id = t.id) returning id, v, name

update t set (v, name) = (select w, note from u where u.t = t.id) where id = 2

update t set (v, name) = (select w from u where u.id = t.id)

update t set (v, name) = (select w, note, 1 from u where u.id = t.id)

update t set (v, name) = (select 'x', 1)

update t set (v, name) = (select w, note from u where u.t = t.id order by u.id desc limit 1) where id = 2 returning id, v, name

update t set (v, name) = (select max(w), min(note) from u), at = '2026-02-02' where id = 3 returning id, v, name, at

update t set (v, name) = (u.w, u.note) from u where u.id = t.id returning t.id, v, name

update t set (v, name) = row (1, 'row') where id = 3 returning id, v, name

update t set (v, name) = (1, 'row', 2) where id = 3

update t set (v, v) = (select 1, 2) where id = 3

update t set (v, name) = (select v + 1, name || '!' from t o where o.id = t.id) returning id, v, name

delete from t using u where u.t = t.id and u.id = 9 returning *

delete from u using t where t.id = u.t and t.id = 2 returning u.id, t.name

delete from u using t, kids where t.id = u.t and kids.t = t.id

delete from u using u as other where other.id = u.id + 1 returning u.id, other.id

select * from u

delete from u using (values (4), (4)) as x (id) where x.id = u.id returning u.id, x.id

insert into u values (1, 1, 100, 'one'), (2, 2, 200, 'two'), (3, 2, 300, 'two again')

delete from u using (values (1, 'p'), (1, 'q')) as x (id, s) where x.id = u.id

insert into u values (1, 1, 100, 'one')

-- tx: rollback
-- refused
delete from u using (values (1, 'p'), (1, 'q')) as x (id, s) where x.id = u.id returning s

delete from u using nothing where true

delete from u using u where true

delete from u where id = 3 returning id, (select count(*) from u)

delete from u where id < 3 returning id, (select count(*) from u), (select string_agg(note, ',' order by id) from u x where x.id > u.id)

delete from tv using kids where kids.t = tv.id returning tv.id, kids.id

select * from kids

insert into t (id, v) values (50, 1), (51, 2) returning id, (select count(*) from t), (select max(id) from t x where x.id < t.id)

insert into t (id, v) select id + 10, v from t where id >= 50 returning id, v, (select sum(v) from t), d

insert into t (id, v) values (50, (select 1)) returning (select 1)

insert into t (v) values (1) returning (select 1)

update t set v = v + 1 where id >= 50 returning id, (select sum(v) from t), exists (select 1 from kids where kids.t = t.id), v in (select v from t)

update t set v = 5 where id = 50 returning (select id from t where id > 49)

update t set v = 5 where id = 50 returning (select id from kids where kids.id = t.id), array(select id from u order by id)

-- role: authenticated
update secret set v = h.v from hints h where h.s = secret.id returning secret.*, h.v

-- role: authenticated
update secret set v = 66 from hints h where h.s = secret.id

-- role: authenticated
update secret set v = 2, owner = 'b' from hints h where h.s = secret.id

-- role: authenticated
update secret set v = 2 from hints h where 1 / (h.v - 33) > -1 and h.s = secret.id and 1 / (secret.v - 2) > -5 returning secret.id

-- role: authenticated
delete from secret using hints h where h.s = secret.id returning secret.id, h.id

-- role: authenticated
update secret set (owner, v) = (select 'a', h.v from hints h where h.s = secret.id) returning *

select * from secret

select id, v, name, d, at from t
