-- The first data, run once on a new database. There is none that an app for links needs:
-- they belong to people, who sign up on the page. Hosts that nobody may link to:
insert into denied_hosts (host) values ('malware.example') on conflict do nothing;
