-- setup
create role subscript_writer;
create role both_ways;
create table t (id integer primary key, a integer[], b integer[]);
insert into t values (1, '{1,2}', null), (2, null, '{7}');
grant update (a) on t to subscript_writer;
grant update, select on t to both_ways;
create table p (id integer primary key, a integer[], owner text);
insert into p values (1, '{1}', 'subscript_writer'), (2, '{2}', 'other');
alter table p enable row level security;
create policy changes on p for update using (true) with check (true);
create policy reads on p for select using (owner = current_user);
grant update (a) on p to subscript_writer;
grant update, select on p to both_ways

-- role: subscript_writer
-- tx: commit
update t set a[1] = 5

select * from t order by id

-- role: subscript_writer
update t set a[1] = 6 where id = 1

-- role: subscript_writer
update t set a[1] = a[2]

-- role: subscript_writer
update t set b[1] = 1

-- role: subscript_writer
update t set a[1] = 6 returning a

-- refused
-- role: both_ways
-- tx: rollback
update t set a[2] = a[1], b[3] = 1 returning *

-- role: subscript_writer
-- tx: commit
update p set a[2] = 9

select * from p order by id

-- role: both_ways
-- tx: rollback
update p set a[2] = 8 returning id

-- role: both_ways
-- tx: rollback
update p set a[2] = 8
