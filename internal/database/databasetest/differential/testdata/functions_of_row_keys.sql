-- setup
create table parents (id int primary key);
create table children (id int primary key, parent int not null references parents);
create function make_parent(i int) returns int language sql as $$ insert into parents values (i); insert into children values (i + 100, i) returning id $$;
create function one_parent(i int) returns int language sql as $$ insert into parents values (i) returning id $$;

with c as (insert into children values (1, 7) returning parent) select make_parent(c.parent) from c

select * from children order by id

select * from parents order by id

with c as (insert into children values (2, 8) returning parent) select one_parent(c.parent) from c

with c as (insert into children values (3, 9) returning parent) select c.parent from c

with c as (update children set parent = 77 where id = 1 returning parent) select parent from c

with c as (insert into children values (4, 7) returning parent) select make_parent(c.parent) from c

select * from children order by id

select * from parents order by id

-- refused
with c as (update children set parent = 78 where id = 1 returning parent) select make_parent(c.parent) from c
