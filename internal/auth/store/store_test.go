package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// must ends a test that cannot go on.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ada(t *testing.T, q database.Querier, now time.Time) *store.User {
	t.Helper()
	u := &store.User{Aud: "authenticated", Role: "authenticated", Email: "Ada@Example.org", UserMetaData: store.Object{"full_name": `A "quoted" Ä`}}
	must(t, store.InsertUser(t.Context(), q, u, now))
	return u
}

func TestUsers(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx, q, now := t.Context(), database.Owner{DB: db}, time.Now().Truncate(time.Microsecond)
		u := ada(t, q, now)
		if u.Email != "ada@example.org" || !u.CreatedAt.Equal(now) || u.Phone != "" || u.EmailConfirmedAt != nil {
			t.Fatalf("%+v", u)
		}
		if err := store.InsertUser(ctx, q, &store.User{Email: "ADA@example.org"}, now); fault.Code(err) != fault.UniqueViolation {
			t.Errorf("a second user of one address: %v", err)
		}
		_, err := store.InsertIdentity(ctx, q, u, "email", u.ID, store.Object{"sub": u.ID, "email": "Ada@Example.org"}, now)
		must(t, err)
		must(t, store.UpdateUser(ctx, q, u, now, store.Set("email_confirmed_at", now), store.Set("phone_confirmed_at", now.Add(-time.Hour))))
		if u.ConfirmedAt == nil || !u.ConfirmedAt.Equal(now.Add(-time.Hour)) {
			t.Errorf("confirmed_at %v", u.ConfirmedAt)
		}
		must(t, store.RefreshProviders(ctx, q, u, now))
		got, err := store.UserByEmail(ctx, q, "ADA@EXAMPLE.org")
		must(t, err)
		if got == nil || len(got.Identities) != 1 || got.Identities[0].Email != "ada@example.org" || got.AppMetaData["provider"] != "email" || got.UserMetaData["full_name"] != `A "quoted" Ä` {
			t.Fatalf("%+v", got)
		}
		for name, find := range map[string]func() (*store.User, error){
			"id":       func() (*store.User, error) { return store.UserByID(ctx, q, u.ID) },
			"identity": func() (*store.User, error) { return store.UserByIdentity(ctx, q, "email", u.ID) },
		} {
			if got, err := find(); err != nil || got == nil || got.ID != u.ID {
				t.Errorf("by %s: %v, %v", name, got, err)
			}
		}
		must(t, store.DeleteUser(ctx, q, u.ID))
		if got, err := store.UserByID(ctx, q, u.ID); err != nil || got != nil {
			t.Errorf("still there: %v, %v", got, err)
		}
	})
}

// TestClosed holds that no role of the data API reads the tables.
func TestClosed(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		for _, role := range []string{"anon", "authenticated"} {
			_, err := database.Collect(db.Query(t.Context(), database.Session{Role: role}, database.Statement{SQL: "select * from auth.users"}))
			if fault.Code(err) != fault.InsufficientPrivilege {
				t.Errorf("%s: %v", role, err)
			}
		}
	})
}

func TestSwapRefreshToken(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx, q, now := t.Context(), database.Owner{DB: db}, time.Now().Truncate(time.Microsecond)
		u := ada(t, q, now)
		s := &store.Session{UserID: u.ID, AAL: "aal1", UserAgent: "test", IP: "192.0.2.1"}
		must(t, store.InsertSession(ctx, q, s, now))
		must(t, store.AddMethod(ctx, q, s, "password", now))
		must(t, store.AddMethod(ctx, q, s, "password", now.Add(time.Second)))
		must(t, store.InsertRefreshToken(ctx, q, s, "one", now))
		g, err := store.GrantByToken(ctx, q, "none", "one")
		must(t, err)
		if g == nil || g.User.ID != u.ID || g.Session.ID != s.ID || len(g.Session.Methods) != 1 || !strings.HasPrefix(g.Session.IP, "192.0.2.1") || g.Token.Revoked {
			t.Fatalf("%+v", g)
		}
		done := make(chan bool, 8)
		for range cap(done) {
			go func() {
				ok, err := store.SwapRefreshToken(ctx, q, store.Swap{Grant: g, Kept: store.NewID(), Entry: store.Entry{Action: store.TokenRefreshed}, IP: "192.0.2.2"}, now)
				if err != nil {
					t.Error(err)
				}
				done <- ok
			}()
		}
		n := 0
		for range cap(done) {
			if <-done {
				n++
			}
		}
		rows, err := database.Records(ctx, q, "select (select count(*) from auth.refresh_tokens), (select count(*) from auth.audit_log_entries), (select count(*) from auth.refresh_tokens where revoked)")
		must(t, err)
		if n != 1 || rows[0].Int(0) != 2 || rows[0].Int(1) != 1 || rows[0].Int(2) != 1 {
			t.Errorf("%d swaps, %d tokens, %d entries", n, rows[0].Int(0), rows[0].Int(1))
		}
		active, err := store.ActiveToken(ctx, q, s.ID)
		must(t, err)
		if active == nil || active.Parent != "one" {
			t.Errorf("%+v", active)
		}
		must(t, store.RevokeFamily(ctx, q, s.ID, now))
		if active, err = store.ActiveToken(ctx, q, s.ID); err != nil || active != nil {
			t.Errorf("%+v, %v", active, err)
		}
		_, s2, err := store.UserOfSession(ctx, q, u.ID, s.ID)
		must(t, err)
		if s2 == nil || s2.RefreshedAt == nil || !s2.RefreshedAt.Equal(now) {
			t.Errorf("%+v", s2)
		}
		must(t, store.DeleteSessions(ctx, q, u.ID, ""))
		if _, s2, err = store.UserOfSession(ctx, q, u.ID, s.ID); err != nil || s2 != nil {
			t.Errorf("%+v, %v", s2, err)
		}
	})
}

func TestOneTime(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx, q, now := t.Context(), database.Owner{DB: db}, time.Now().Truncate(time.Microsecond)
		u := ada(t, q, now)
		must(t, store.PutOneTimeToken(ctx, q, u.ID, store.ConfirmationToken, "h1", u.Email, now))
		must(t, store.PutOneTimeToken(ctx, q, u.ID, store.ConfirmationToken, "h2", u.Email, now))
		if got, err := store.OneTimeTokenByHash(ctx, q, [2]string{"h1", "h1"}, [2]string{store.ConfirmationToken, store.ConfirmationToken}); err != nil || got != nil {
			t.Errorf("the replaced token: %v, %v", got, err)
		}
		got, err := store.OneTimeTokenByHash(ctx, q, [2]string{"h1", "h2"}, [2]string{store.RecoveryToken, store.ConfirmationToken})
		must(t, err)
		if got == nil || !got.CreatedAt.Equal(now) || got.UserID != u.ID {
			t.Fatalf("%+v", got)
		}
		for _, want := range []bool{true, false} {
			if taken, err := store.TakeOneTimeToken(ctx, q, got); err != nil || taken != want {
				t.Errorf("taken %v, %v", taken, err)
			}
		}
		f := &store.FlowState{UserID: u.ID, Challenge: "c", ChallengeMethod: "s256", ProviderType: "email", Method: "email/signup"}
		must(t, store.InsertFlowState(ctx, q, f, now))
		_, err = store.UpdateFlowState(ctx, q, f.ID, now, store.Set("auth_code", "code"), store.Set("auth_code_issued_at", now))
		must(t, err)
		if f, err = store.TakeFlowState(ctx, q, "code"); err != nil || f == nil || f.Challenge != "c" || f.AuthCodeIssuedAt == nil {
			t.Errorf("%+v, %v", f, err)
		}
		if f, err = store.TakeFlowState(ctx, q, "code"); err != nil || f != nil {
			t.Errorf("a code was taken twice: %+v, %v", f, err)
		}
	})
}

func TestFactors(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx, q, now := t.Context(), database.Owner{DB: db}, time.Now().Truncate(time.Microsecond)
		u := ada(t, q, now)
		f := &store.Factor{UserID: u.ID, Type: "totp", Status: "unverified", FriendlyName: "phone", Secret: "s"}
		must(t, store.InsertFactor(ctx, q, f, now))
		c := &store.Challenge{FactorID: f.ID, IP: "2001:db8::1"}
		must(t, store.InsertChallenge(ctx, q, c, now))
		for _, want := range []bool{true, false} {
			if taken, err := store.TakeChallenge(ctx, q, c.ID, now); err != nil || taken != want {
				t.Errorf("taken %v, %v", taken, err)
			}
		}
		if _, err := store.UpdateFactor(ctx, q, f.ID, now, store.Set("status", "verified")); err != nil {
			t.Error(err)
		}
		got, err := store.UserByID(ctx, q, u.ID)
		must(t, err)
		if len(got.Factors) != 1 || got.Factors[0].Status != "verified" {
			t.Errorf("%+v", got.Factors)
		}
		must(t, store.DeleteFactor(ctx, q, f.ID))
		must(t, store.Audit(ctx, q, nil, store.Entry{Action: store.FactorDeleted}, now))
	})
}
