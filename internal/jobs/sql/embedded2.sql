-- The timeout of a job is above 0. One that was not ended every attempt as it began.
update galley.jobs set timeout = null where timeout <= interval '0';
alter table galley.jobs add constraint jobs_timeout_check check (timeout is null or timeout > interval '0');
