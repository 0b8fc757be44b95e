-- What is not needed to have the data again, and is left out.
select 'publication ' || p.pubname from pg_publication p
union all select 'subscription ' || s.subname from pg_subscription s where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
union all select 'settings of the database and of roles in it' from pg_db_role_setting s where s.setdatabase = (select d.oid from pg_database d where d.datname = current_database())
order by 1
