package person

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/migrate"
)

// project has tables of every rule, a row that is reached twice, one that refers to
// its own kind, and one without a primary key.
const project = `
create table public.lists (id bigint primary key, owner uuid not null references auth.users (id) on delete cascade, name text);
create table public.todos (id bigint primary key, list bigint not null references public.lists (id) on delete cascade,
  parent bigint references public.todos (id) on delete cascade, author uuid references auth.users (id) on delete cascade, title text);
create table public.likes (todo bigint references public.todos (id) on delete set null, who text);
create table public.posts (id uuid primary key, author uuid references auth.users (id) on delete set null, body text);
create table public.parts (a int, b text, owner uuid references auth.users (id) on delete cascade, primary key (a, b));
create table public.pieces (a int, b text, note text, foreign key (a, b) references public.parts (a, b) on delete cascade);
create schema books;
create table books.orders (id int primary key, buyer uuid references auth.users (id) on delete restrict);
create table books.lines (id int primary key, "order" int references books.orders (id), what text);
`

const (
	ada = "11111111-1111-4111-8111-111111111111"
	bob = "22222222-2222-4222-8222-222222222222"
)

// populate makes two people, and for each of them the same: numbers are of ada's
// rows, and 100 more of bob's.
func populate(t *testing.T, db database.DB) {
	t.Helper()
	parts := []migrate.Part{{Name: "jobs", Steps: jobs.Schema(db.Engine())}, {Name: "mail", Steps: mail.Schema()}, {Name: "auth", Steps: store.Schema(db.Engine())}}
	if err := migrate.Own(t.Context(), db, parts...); err != nil {
		t.Fatal(err)
	}
	script(t, db, project)
	for i, p := range []struct{ id, email, phone string }{{ada, "ada@example.org", "4915112345678"}, {bob, "jada@example.org", "4915187654321"}} {
		q, now := database.Owner{DB: db}, time.Now()
		u := &store.User{ID: p.id, Aud: "authenticated", Role: "authenticated", Email: p.email, Phone: p.phone, EncryptedPassword: "$2a$10$secret",
			UserMetaData: store.Object{"full_name": "Name " + p.email}}
		must(t, store.InsertUser(t.Context(), q, u, now))
		_, err := store.InsertIdentity(t.Context(), q, u, "email", u.ID, store.Object{"sub": u.ID, "email": u.Email}, now)
		must(t, err)
		must(t, store.InsertFactor(t.Context(), q, &store.Factor{UserID: u.ID, Type: "totp", Status: "verified", FriendlyName: "phone", Secret: "TOTPSECRET"}, now))
		s := &store.Session{UserID: u.ID, AAL: "aal1", IP: "192.0.2.1", UserAgent: "test"}
		must(t, store.InsertSession(t.Context(), q, s, now))
		must(t, store.InsertRefreshToken(t.Context(), q, s, "sha256:token"+p.id, now))
		must(t, store.InsertFlowState(t.Context(), q, &store.FlowState{UserID: u.ID, ProviderType: "email", Method: "otp"}, now))
		must(t, store.Audit(t.Context(), q, u, store.Entry{Action: store.Login, IP: "192.0.2.1"}, now))
		must(t, store.Audit(t.Context(), q, &store.User{ID: store.Instance, Email: "service_role"}, store.Entry{Action: store.UserModified, IP: "192.0.2.9",
			Traits: store.Object{"user_id": u.ID, "user_email": u.Email, "user_phone": u.Phone}}, now))
		n := i * 100
		script(t, db, fmt.Sprintf(`
			insert into public.lists values (%[1]d, '%[2]s', 'list of %[3]s');
			insert into public.todos values (%[1]d, %[1]d, null, '%[2]s', 'one'), (%[1]d + 1, %[1]d, %[1]d, null, 'two');
			insert into public.likes values (%[1]d, 'x'), (%[1]d, 'x');
			insert into public.posts values ('%[2]s', '%[2]s', 'post');
			insert into public.parts values (%[1]d, 'a''b', '%[2]s');
			insert into public.pieces values (%[1]d, 'a''b', 'piece'), (%[1]d, 'a''b', 'piece'), (%[1]d, null, 'nobody''s');
			insert into galley.mail_messages (id, channel, state, subject, job) values ('%[2]s', 'mail', 'sent', 'Welcome', null);
			insert into galley.mail_recipients (message, address) values ('%[2]s', '%[3]s');
			insert into galley.mail_suppressions (address, reason, source) values ('%[3]s', 'bounce', 'smtp');
			insert into galley.mail_inbox (channel, recipients, content, size) values ('mail', array['%[3]s'], '{"text": "Hello"}', 5);
			insert into galley.jobs (queue, kind, payload) values ('default', 'greet', '{"to": "Ada <%[3]s>."}');
			insert into galley.jobs (queue, kind, payload, state) values ('default', 'greet', '{"id": "%[2]s"}', 'running');
			`, n, p.id, p.email))
	}
	script(t, db, `insert into galley.mail_messages (id, channel, state, subject) values ('33333333-3333-4333-8333-333333333333', 'mail', 'sent', 'To both');
		insert into galley.mail_recipients (message, address) values ('33333333-3333-4333-8333-333333333333', 'ada@example.org'), ('33333333-3333-4333-8333-333333333333', 'jada@example.org')`)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func script(t *testing.T, db database.DB, sql string) {
	t.Helper()
	must(t, database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(t.Context(), sql, nil) }))
}

func count(t *testing.T, db database.DB, sql string, args ...any) int64 {
	t.Helper()
	rows, err := database.Records(t.Context(), database.Owner{DB: db}, "select count(*) from "+sql, args...)
	must(t, err)
	return rows[0].Int(0)
}

func TestExport(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		populate(t, db)
		script(t, db, "insert into books.orders values (1, '"+ada+"'); insert into books.lines values (1, 1, 'book')")
		s := New(Config{DB: db, Key: []byte("key")})
		got, err := s.Export(t.Context(), ada)
		must(t, err)
		raw, err := json.Marshal(got)
		must(t, err)
		for _, secret := range []string{"$2a$", "TOTPSECRET", "sha256:", bob} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s is in %s", secret, raw)
			}
		}
		var tables []string
		for _, r := range got.Tables {
			tables = append(tables, fmt.Sprint(r.Table, " ", len(r.Rows)))
		}
		// Lines of an order are no part of it, as nothing deletes them with it.
		if list := strings.Join(tables, ", "); list != "books.orders 1, public.lists 1, public.parts 1, public.pieces 2, public.posts 1, public.todos 2" {
			t.Error(list)
		}
		for name, want := range map[string]int{"identities": 1, "factors": 1, "sessions": 1, "passkeys": 0} {
			if len(got.Account[name]) != want {
				t.Errorf("%d %s", len(got.Account[name]), name)
			}
		}
		if len(got.Messages) != 2 || len(got.Suppressed) != 1 || len(got.Inbox) != 1 || len(got.Jobs) != 2 || len(got.Audit) != 2 {
			t.Errorf("%s", raw)
		}
		if _, err := s.Export(t.Context(), "33333333-3333-4333-8333-333333333333"); fault.Code(err) != "P0002" {
			t.Error(err)
		}
	})
}

func counts(all []Count) string {
	var out []string
	for _, c := range all {
		out = append(out, fmt.Sprint(c.Table, " ", c.Rows))
	}
	return strings.Join(out, ", ")
}

func TestErase(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		populate(t, db)
		s := New(Config{DB: db, Key: []byte("key")})
		const deleted = "public.lists 1, public.todos 2, public.parts 1, public.pieces 2, auth.users 1, galley.mail_recipients 2, galley.mail_messages 1, " +
			"galley.mail_suppressions 1, galley.mail_inbox 1, galley.jobs 1"
		check := func(r *Report) {
			t.Helper()
			if !sameCounts(counts(r.Deleted), deleted) || !sameCounts(counts(r.Detached), "public.posts 1, public.likes 2") || len(r.Blocking) > 0 || len(r.Running) != 1 || r.Audit != 2 {
				t.Errorf("%+v", r)
			}
		}
		dry, err := s.Erase(t.Context(), ada, Options{DryRun: true})
		must(t, err)
		check(dry)
		if count(t, db, "auth.users") != 2 || count(t, db, "galley.jobs") != 4 {
			t.Fatal("a dry run deletes")
		}
		done, err := s.Erase(t.Context(), ada, Options{})
		must(t, err)
		check(done)
		for sql, want := range map[string]int64{
			"auth.users": 1, "auth.identities": 1, "auth.sessions": 1, "auth.refresh_tokens": 1, "auth.flow_state": 1, "auth.mfa_factors": 1,
			"public.lists": 1, "public.todos": 2, "public.posts": 2, "public.posts where author is null": 1, "public.pieces": 4, "public.likes where todo is null": 2,
			"galley.mail_recipients": 2, "galley.mail_messages": 2, "galley.mail_suppressions": 1, "galley.mail_inbox": 1, "galley.jobs": 3,
			"auth.audit_log_entries": 5, "auth.audit_log_entries where payload::text like '%" + ada + "%' or payload::text like '% ada@%' or payload::text like '%\"ada@%'": 0,
			"auth.audit_log_entries where payload ->> 'actor_id' = '" + done.Pseudonym + "' and ip_address = ''": 1,
			"auth.audit_log_entries where payload ->> 'actor_id' = '" + bob + "' and ip_address = '192.0.2.1'":   1,
			"auth.audit_log_entries where payload::text like '%jada@example.org%'":                               2,
		} {
			if got := count(t, db, sql); got != want {
				t.Errorf("%s: %d, want %d", sql, got, want)
			}
		}
		if done.Pseudonym != s.Pseudonym(ada) || done.Pseudonym == New(Config{Key: []byte("other")}).Pseudonym(ada) {
			t.Error("the pseudonym is not stable, or needs no key")
		}
		if _, err := s.Erase(t.Context(), ada, Options{}); fault.Code(err) != "P0002" {
			t.Error(err)
		}
	})
}

func sameCounts(got, want string) bool {
	in := map[string]int{}
	for _, part := range strings.Split(got, ", ") {
		in[part]++
	}
	for _, part := range strings.Split(want, ", ") {
		in[part]--
	}
	for _, n := range in {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestInTheWay(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		populate(t, db)
		script(t, db, "insert into books.orders values (1, '"+ada+"'), (2, '"+ada+"'), (3, '"+bob+"'); insert into books.lines values (1, 1, 'book'), (2, 2, 'pen'), (3, 3, 'ink')")
		s := New(Config{DB: db, Key: []byte("key")})
		for _, dry := range []bool{true, false} {
			r, err := s.Erase(t.Context(), ada, Options{DryRun: dry})
			must(t, err)
			if counts(r.Blocking) != "books.orders 2" || r.Blocking[0].Constraint != "orders_buyer_fkey" || count(t, db, "auth.users") != 2 {
				t.Errorf("%+v", r)
			}
		}
		r, err := s.Erase(t.Context(), ada, Options{Cascade: true})
		must(t, err)
		if len(r.Blocking) > 0 || count(t, db, "books.orders") != 1 || count(t, db, "books.lines") != 1 || count(t, db, "auth.users") != 1 ||
			!strings.Contains(counts(r.Deleted), "books.orders 2") || !strings.Contains(counts(r.Deleted), "books.lines 2") {
			t.Errorf("%+v", r)
		}
	})
}

func TestNamed(t *testing.T) {
	s := subject{needles: []string{ada, "bob@example.org", "4915112345678"}}
	for text, want := range map[string]bool{
		"bob@example.org": true, "Bob <BOB@example.org>": true, "Write to bob@example.org.": true, `{"a":"bob@example.org"}`: true, "+4915112345678": true,
		"jbob@example.org": false, "j.bob@example.org": false, "j+bob@example.org": false, "bob@example.org.evil.com": false, "bob@example.organic": false,
		"49151123456789": false, "": false, "x-" + ada: false, "(" + strings.ToUpper(ada) + ")": true, "jbob@example.org, bob@example.org": true,
	} {
		if got := s.named(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
