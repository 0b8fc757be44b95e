create table p (id int primary key)

create table c (id int primary key, p int constraint fk references p deferrable, q int constraint fq references p, r int constraint fr references p deferrable initially deferred)

-- tx: rollback
set constraints all deferred

set constraints nope deferred

set constraints fq deferred

set constraints public.fk, fr immediate

set constraints nope.fk deferred

set constraints c_pkey deferred

-- tx: commit
set constraints fk deferred; insert into c values (1, 5); insert into p values (5)

select id, p, q, r from c

-- tx: commit
set constraints all deferred; insert into c values (2, 6); set constraints all immediate

-- tx: commit
insert into c (id, r) values (3, 7); set constraints fr immediate

-- tx: commit
insert into c (id, r) values (3, 7); insert into p values (7); set constraints fr immediate; insert into c (id, r) values (4, 8)

-- tx: commit
set constraints all immediate; insert into c (id, r) values (3, 7)

-- tx: commit
set constraints fr immediate; insert into p values (7); insert into c (id, r) values (3, 7)

-- messages: differ
-- tx: commit
set constraints all deferred; delete from p where id = 5

-- tx: commit
set constraints all deferred; insert into c (id, q) values (8, 8)

-- tx: commit
set constraints all deferred; insert into c (id, q, p) values (8, 5, 99); insert into c (id, q) values (9, 77)

-- tx: commit
set constraints all deferred; update c set p = 77 where id = 1; insert into p values (77)

-- tx: commit
set constraints all deferred; update c set p = (select 78) where id = 1; insert into p values (78)

-- tx: commit
set constraints all deferred; update c set p = (select 79) where id = 1; select p from c where id = 1

-- tx: commit
insert into c (id, p) values (20, 200)

insert into c (id, p) values (20, 200)

insert into c (id, r) values (20, 200)

-- tx: commit
insert into c (id, r) values (20, 200); select count(*) from c

-- tx: commit
insert into c (id, r) values (20, 200); delete from c where id = 20

-- tx: commit
set constraints fk deferred; insert into c (id, p) values (30, 300); delete from c where id = 30; select id, p from c order by id

-- tx: commit
insert into c (id, r) values (40, 400); alter table c add x int

create table self (id int primary key, up int references self deferrable initially deferred, v text)

-- tx: commit
insert into self values (1, 2), (2, 1); insert into self values (3, 4); insert into self values (4, 3)

select id, up from self order by id

-- tx: commit
update self set id = id + 10, up = up + 10

select id, up from self order by id

delete from self where id = 11

-- tx: commit
delete from self where id = 11; delete from self where id = 12

create table a (x int, y int, primary key (x, y))

create table b (x int, y int, v text, foreign key (x, y) references a deferrable)

-- tx: commit
set constraints b_x_y_fkey deferred; insert into b values (1, 2), (1, null); insert into a values (1, 2)

insert into b values (3, 3)

-- refused
create table mf (x int, y int, foreign key (x, y) references a match full)

create table mf1 (x int references self match full)

insert into mf1 values (null), (13)

insert into mf1 values (99)

create table act (x int default 13 references self on delete set default on update cascade)

insert into act values (14), (null)

-- tx: commit
update self set id = 24, up = 13 where id = 14; update self set up = 24 where id = 13

select x from act order by x

-- refused
create table sd (x int, y int, foreign key (x, y) references a on delete set null (x))

-- refused
create table dp (a int unique deferrable)

-- tx: rollback
alter table c alter constraint fq deferrable; set constraints fq deferred; insert into c (id, q) values (50, 500); insert into p values (500); set constraints fq immediate; select count(*) from c
