-- A mail that is delivered again, because a node died before it could say that it had
-- been, is in the inbox once.
alter table galley.mail_inbox add column message text;
create unique index mail_inbox_message on galley.mail_inbox (message);
