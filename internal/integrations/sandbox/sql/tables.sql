-- What the sandbox of Stripe holds: sessions, and refunds, whose parent is what was paid.
-- key is the idempotency key of the call that made it, and request what was asked.
create table galley.stripe_objects (
	id text primary key,
	kind text not null check (kind in ('session', 'refund')),
	parent text,
	key text not null,
	request text not null,
	body text not null,
	created_at timestamptz not null default now(),
	unique (kind, key)
);
create index stripe_objects_parent on galley.stripe_objects (parent);
create index stripe_objects_created on galley.stripe_objects (created_at);
revoke all on galley.stripe_objects from public;

-- The events that it sends. delivered_at is when the webhook first said that it has one.
create table galley.stripe_events (
	id text primary key,
	n bigint generated always as identity,
	type text not null,
	parent text not null,
	body text not null,
	attempts integer not null default 0,
	answer text,
	delivered_at timestamptz,
	created_at timestamptz not null default now()
);
create index stripe_events_parent on galley.stripe_events (parent);
create index stripe_events_created on galley.stripe_events (created_at);
revoke all on galley.stripe_events from public;

-- The labels of the sandbox carrier. A key that has no number yet failed so far.
create table galley.shipping_labels (
	id text primary key,
	key text not null unique,
	request text not null,
	tracking text unique,
	attempts integer not null default 1,
	cancelled_at timestamptz,
	created_at timestamptz not null default now()
);
create index shipping_labels_created on galley.shipping_labels (created_at);
revoke all on galley.shipping_labels from public;
