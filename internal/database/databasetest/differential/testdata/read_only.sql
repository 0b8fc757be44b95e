-- setup
create table t (id integer primary key); insert into t values (1)

select current_setting('transaction_read_only')

-- readonly
select current_setting('transaction_read_only')

-- tx: commit
-- readonly
select current_setting('transaction_read_only'); show transaction_read_only; select count(*) from t

-- tx: rollback
-- readonly
select current_setting('transaction_read_only'); select set_config('a.b', 'x', true); select current_setting('transaction_read_only'), current_setting('a.b'); reset all; show transaction_read_only

-- tx: rollback
-- readonly
insert into t values (2)

-- tx: rollback
-- readonly
set transaction read only; show transaction_read_only

-- tx: rollback
-- readonly
set transaction read write

-- tx: rollback
-- readonly
select set_config('transaction_read_only', 'off', true)

-- tx: rollback
-- readonly
select set_config('transaction_read_only', 'on', false); select current_setting('transaction_read_only')

-- refused
-- tx: rollback
-- readonly
reset transaction_read_only

-- tx: rollback
select current_setting('transaction_read_only'); select current_setting('default_transaction_read_only')
