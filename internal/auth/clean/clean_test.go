package clean

import (
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/migrate"
)

// rows are what a database has before: the id tells whether it is to stay.
const rows = `
insert into auth.users (id, aud, role, email) values ('00000000-0000-4000-8000-0000000000aa', 'authenticated', 'authenticated', 'ada@example.org');
insert into auth.sessions (id, user_id, created_at, updated_at, refreshed_at, aal, not_after) values
	('00000000-0000-4000-8000-00000000a001', '00000000-0000-4000-8000-0000000000aa', now() - interval '1 day', now(), now(), 'aal1', null),
	('00000000-0000-4000-8000-00000000b001', '00000000-0000-4000-8000-0000000000aa', now() - interval '40 days', now() - interval '1 hour', now(), 'aal1', null),
	('00000000-0000-4000-8000-00000000b002', '00000000-0000-4000-8000-0000000000aa', now() - interval '9 days', now() - interval '9 days', null, 'aal1', null),
	('00000000-0000-4000-8000-00000000b003', '00000000-0000-4000-8000-0000000000aa', now() - interval '3 days', now(), now(), 'aal1', now() - interval '2 days'),
	('00000000-0000-4000-8000-00000000b004', '00000000-0000-4000-8000-0000000000aa', now() - interval '3 days', now() - interval '3 days', null, 'aal1', null),
	('00000000-0000-4000-8000-00000000a002', '00000000-0000-4000-8000-0000000000aa', now() - interval '3 days', now() - interval '1 hour', null, 'aal1', now() - interval '1 hour');
insert into auth.refresh_tokens (token, user_id, revoked, created_at, updated_at, parent, session_id) values
	('gone', '00000000-0000-4000-8000-0000000000aa', true, now() - interval '9 days', now() - interval '9 days', '', '00000000-0000-4000-8000-00000000a001'),
	('stays, the one before', '00000000-0000-4000-8000-0000000000aa', true, now() - interval '9 days', now() - interval '9 days', 'gone', '00000000-0000-4000-8000-00000000a001'),
	('stays, good', '00000000-0000-4000-8000-0000000000aa', false, now() - interval '9 days', now() - interval '9 days', 'stays, the one before', '00000000-0000-4000-8000-00000000a001'),
	('stays, new', '00000000-0000-4000-8000-0000000000aa', true, now(), now(), '', '00000000-0000-4000-8000-00000000a001'),
	('x1', '00000000-0000-4000-8000-0000000000aa', false, now(), now(), '', '00000000-0000-4000-8000-00000000b001'),
	('x2', '00000000-0000-4000-8000-0000000000aa', false, now(), now(), '', '00000000-0000-4000-8000-00000000b002'),
	('x3', '00000000-0000-4000-8000-0000000000aa', false, now(), now(), '', '00000000-0000-4000-8000-00000000b003'),
	('x4', '00000000-0000-4000-8000-0000000000aa', true, now(), now(), '', '00000000-0000-4000-8000-00000000b004'),
	('stays, just ended', '00000000-0000-4000-8000-0000000000aa', false, now(), now(), '', '00000000-0000-4000-8000-00000000a002'),
	('stays, of no session', '00000000-0000-4000-8000-0000000000aa', false, now(), null, null, null);
insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at) values
	('00000000-0000-4000-8000-00000000a001', '00000000-0000-4000-8000-0000000000aa', 'recovery_token', 'a', 'x', now() at time zone 'UTC'),
	('00000000-0000-4000-8000-00000000b001', '00000000-0000-4000-8000-0000000000aa', 'confirmation_token', 'b', 'x', now() at time zone 'UTC' - interval '2 days');
insert into auth.flow_state (id, provider_type, authentication_method, created_at) values
	('00000000-0000-4000-8000-00000000a001', 'x', 'recovery', now()),
	('00000000-0000-4000-8000-00000000b001', 'x', 'recovery', now() - interval '2 days');
insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at) values
	('00000000-0000-4000-8000-00000000f001', '00000000-0000-4000-8000-0000000000aa', 'totp', 'verified', now(), now());
insert into auth.mfa_challenges (id, factor_id, created_at, ip_address) values
	('00000000-0000-4000-8000-00000000a001', '00000000-0000-4000-8000-00000000f001', now(), '192.0.2.1'),
	('00000000-0000-4000-8000-00000000b001', '00000000-0000-4000-8000-00000000f001', now() - interval '2 days', '192.0.2.1');
insert into auth.webauthn_challenges (id, challenge_type, session_data, expires_at) values
	('00000000-0000-4000-8000-00000000a001', 'authentication', '{}', now()),
	('00000000-0000-4000-8000-00000000b001', 'authentication', '{}', now() - interval '2 days');
insert into auth.audit_log_entries (id, payload, created_at) values
	('00000000-0000-4000-8000-00000000a001', '{}', now()),
	('00000000-0000-4000-8000-00000000b001', '{}', now() - interval '100 days');
insert into galley.auth_limits (key, full_at, step, room) values ('old', 1, 1, 1);
`

// left lists what is left of a table.
func left(t *testing.T, db database.DB, sql string) string {
	t.Helper()
	found, err := database.Records(t.Context(), database.Owner{DB: db}, sql)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range found {
		out = append(out, r.Text(0))
	}
	return strings.Join(out, " | ")
}

func TestClean(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "auth", Steps: store.Schema(db.Engine())},
			migrate.Part{Name: "auth_limit", Steps: limit.Schema()}); err != nil {
			t.Fatal(err)
		}
		for statement := range strings.SplitSeq(rows, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if err := database.Run(t.Context(), database.Owner{DB: db}, statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		c, _, err := config.Load(config.Source{Project: t.TempDir(), Env: []string{"GALLEY_AUTH_SESSIONS_TIMEBOX=720h",
			"GALLEY_AUTH_SESSIONS_INACTIVITY_TIMEOUT=168h", "GALLEY_AUTH_AUDIT_RETENTION=2160h"}})
		if err != nil {
			t.Fatal(err)
		}
		cleaner := New(Config{DB: db, Settings: c.Auth})
		if err := cleaner.protect(t.Context()); err != nil {
			t.Fatal(err)
		}
		const short = "select right(id::text, 4) from "
		for sql, want := range map[string]string{
			short + "auth.sessions order by 1":                     "a001 | a002",
			"select token from auth.refresh_tokens order by 1":     "stays, good | stays, just ended | stays, new | stays, of no session | stays, the one before",
			short + "auth.one_time_tokens":                         "a001",
			short + "auth.flow_state":                              "a001",
			short + "auth.mfa_challenges":                          "a001",
			short + "auth.webauthn_challenges":                     "a001",
			short + "auth.audit_log_entries":                       "a001",
			"select key from galley.auth_limits where full_at < 2": "",
		} {
			if got := left(t, db, sql); got != want {
				t.Errorf("%s: %s, want %s", sql, got, want)
			}
		}
		// Another node does not clean again within the hour.
		if err := database.Run(t.Context(), database.Owner{DB: db}, `insert into auth.flow_state (id, provider_type, authentication_method, created_at)
			values ('00000000-0000-4000-8000-00000000b001', 'x', 'recovery', now() - interval '2 days')`); err != nil {
			t.Fatal(err)
		}
		other := New(Config{DB: db, Settings: c.Auth})
		if err := other.protect(t.Context()); err != nil || left(t, db, short+"auth.flow_state order by 1") != "a001 | b001" {
			t.Errorf("%v, %s", err, left(t, db, short+"auth.flow_state"))
		}
	})
}

// TestBatches: more rows than one statement removes go all the same.
func TestBatches(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "auth", Steps: store.Schema(db.Engine())},
			migrate.Part{Name: "auth_limit", Steps: limit.Schema()}); err != nil {
			t.Fatal(err)
		}
		if err := database.Run(t.Context(), database.Owner{DB: db}, `insert into auth.flow_state (id, provider_type, authentication_method, created_at)
			select gen_random_uuid(), 'x', 'recovery', now() - interval '9 days' from generate_series(1, 1203)`); err != nil {
			t.Fatal(err)
		}
		cleaner := New(Config{DB: db, Settings: config.Auth{}, Now: time.Now})
		if err := cleaner.Clean(t.Context()); err != nil || left(t, db, "select count(*) from auth.flow_state") != "0" {
			t.Errorf("%v, %s are left", err, left(t, db, "select count(*) from auth.flow_state"))
		}
	})
}
