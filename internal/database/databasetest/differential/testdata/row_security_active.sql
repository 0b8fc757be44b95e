-- setup
drop role if exists rsa_owner, rsa_user, rsa_over;
create role rsa_owner; create role rsa_user; create role rsa_over bypassrls;
create schema rsa; grant usage, create on schema rsa to rsa_owner; grant usage on schema rsa to rsa_user, rsa_over;
create table rsa.bare (a int); create table rsa.secured (a int); create table rsa.forced (a int); create view rsa.v as select a from rsa.secured;
alter table rsa.bare owner to rsa_owner; alter table rsa.secured owner to rsa_owner; alter table rsa.forced owner to rsa_owner;
alter table rsa.secured enable row level security; alter table rsa.forced enable row level security; alter table rsa.forced force row level security

select row_security_active('rsa.bare'), row_security_active('rsa.secured'), row_security_active('rsa.forced'), row_security_active('rsa.v')

-- role: rsa_owner
select row_security_active('rsa.bare'), row_security_active('rsa.secured'), row_security_active('rsa.forced'), row_security_active('rsa.v')

-- role: rsa_user
select row_security_active('rsa.bare'), row_security_active('rsa.secured'), row_security_active('"rsa"."forced"'), row_security_active('rsa.v')

-- role: rsa_over
select row_security_active('rsa.bare'), row_security_active('rsa.secured'), row_security_active('rsa.forced'), row_security_active(null)

-- role: rsa_user
-- search_path: rsa
select row_security_active('secured'), row_security_active('bare')

select row_security_active('rsa.none')

select row_security_active('nowhere.secured')

select row_security_active('')

-- role: rsa_user
select x, row_security_active(x) from (values ('rsa.bare'), ('rsa.secured')) v (x)
