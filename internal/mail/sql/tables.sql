-- What Galley sends by mail and SMS, to whom nothing is sent any more, and the
-- inbox of a project under development.

create table galley.mail_messages (
  id uuid primary key,
  channel text not null check (channel in ('mail', 'sms')),
  state text not null default 'queued' check (state in
    ('queued', 'sent', 'delivered', 'captured', 'suppressed', 'failed', 'bounced', 'complained')),
  job bigint,                     -- that sends it
  subject text,
  template text,
  content jsonb,                  -- what is to be sent; null once it was
  transport text,
  transport_id text,              -- the provider's name for it
  detail text,                    -- why it was not sent, or what came back
  created_at timestamptz not null default now(),
  done_at timestamptz
);
revoke all on galley.mail_messages from public;
create unique index mail_messages_job on galley.mail_messages (job) where job is not null;
create index mail_messages_created on galley.mail_messages (created_at);
create index mail_messages_transport on galley.mail_messages (transport_id) where transport_id is not null;

create table galley.mail_recipients (
  message uuid not null references galley.mail_messages (id) on delete cascade,
  address text not null,          -- in lower case; of SMS the digits
  created_at timestamptz not null default now(),
  primary key (message, address)
);
revoke all on galley.mail_recipients from public;
create index mail_recipients_address on galley.mail_recipients (address, created_at);

create table galley.mail_suppressions (
  address text primary key,       -- in lower case
  reason text not null check (reason in ('bounce', 'complaint', 'manual')),
  source text not null,           -- who said so: smtp, postmark, …
  detail text,
  created_at timestamptz not null default now()
);
revoke all on galley.mail_suppressions from public;
create index mail_suppressions_created on galley.mail_suppressions (created_at);

create table galley.mail_inbox (
  id bigint generated always as identity primary key,
  channel text not null check (channel in ('mail', 'sms')),
  recipients text[] not null,     -- as in mail_recipients
  content jsonb not null,
  size integer not null,          -- bytes of content
  created_at timestamptz not null default now()
);
revoke all on galley.mail_inbox from public;
