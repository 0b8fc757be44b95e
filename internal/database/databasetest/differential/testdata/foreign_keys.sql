-- setup
create table parent (id integer primary key, code text unique);
create table child (id integer primary key, parent_id integer references parent (id), code text references parent (code));
create table casc (id integer primary key, parent_id integer references parent (id) on delete cascade on update cascade);
create table nulled (id integer primary key, parent_id integer references parent (id) on delete set null);
create table restricted (id integer primary key, parent_id integer references parent (id) on delete restrict);
create table tree (id integer primary key, up integer references tree (id) on delete cascade);
create table pair (a integer, b integer, primary key (a, b));
create table pairs (id integer primary key, a integer, b integer, foreign key (a, b) references pair (a, b));
insert into parent values (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four'), (5, 'five');
insert into child values (1, 1, 'one');
insert into casc values (1, 2), (2, 2), (3, 3);
insert into nulled values (1, 2), (2, 3);
insert into restricted values (1, 4);
insert into tree values (1, null), (2, 1), (3, 2), (4, 1), (5, null);
insert into pair values (1, 1), (1, 2);
insert into pairs values (1, 1, 1), (2, null, 7), (3, 1, null);

insert into child values (2, 99, null)

insert into child values (2, null, 'nope')

insert into child values (2, null, null) returning id

insert into child values (3, 5, 'two') returning id

update child set parent_id = 99 where id = 1

update child set parent_id = 5 where id = 1 returning id

delete from parent where id = 5

update parent set id = 55 where id = 5

update parent set code = 'zwei' where id = 2

delete from parent where id = 4

delete from parent where id = 2

delete from child where id = 3

delete from parent where id = 2 returning id

select id, parent_id from casc

select id, parent_id from nulled

update parent set id = 33 where id = 3

delete from nulled

update parent set id = 33 where id = 3 returning id

select id, parent_id from casc

delete from tree where id = 1 returning id

select id, up from tree

insert into tree values (10, 10) returning id

insert into tree values (11, 12), (12, null) returning id

insert into tree values (20, 21)

update tree set id = 6 where id = 5 returning id

delete from tree where id = 12 returning id

select id from tree

insert into pairs values (4, 1, 3)

insert into pairs values (4, 9, null) returning id

update pairs set b = 2 where id = 1 returning id

delete from pair where a = 1 and b = 2

delete from pair where a = 1 and b = 1 returning b

drop table parent

drop table child

delete from parent where id in (1, 4, 5)

delete from parent where id in (1, 5) returning id

create table bad (id integer references parent (nope))

create table bad (code text references parent (id))

create table bad (a integer references pair (a))

-- tx: rollback
insert into parent values (70, 'seventy'); insert into child values (70, 70, null); delete from parent where id = 70

-- tx: commit
insert into parent values (71, 'x'); insert into casc values (71, 71); delete from parent where id = 71; select count(*) from casc where parent_id = 71
