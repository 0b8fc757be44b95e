package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// TestRevokeFamilyDuringRefresh holds that a refresh that another node is in the
// middle of does not outlive the revocation of its family.
func TestRevokeFamilyDuringRefresh(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		ctx, q, now := t.Context(), database.Owner{DB: db}, time.Now().Truncate(time.Microsecond)
		s := &store.Session{UserID: ada(t, q, now).ID, AAL: "aal1"}
		must(t, store.InsertSession(ctx, q, s, now))
		must(t, store.InsertRefreshToken(ctx, q, s, "one", now))
		g, err := store.GrantByToken(ctx, q, "none", "one")
		must(t, err)
		revoked := make(chan error, 1)
		must(t, database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			ok, err := store.SwapRefreshToken(ctx, tx, store.Swap{Grant: g, Kept: "two", Entry: store.Entry{Action: store.TokenRefreshed}, IP: "192.0.2.2"}, now)
			if err != nil || !ok {
				return errors.Join(err, errors.New("no swap"))
			}
			go func() { revoked <- store.RevokeFamily(ctx, q, s.ID, now) }()
			if db.Engine() == "postgres" {
				waitForLock(t, q)
			}
			return nil
		}))
		must(t, <-revoked)
		if active, err := store.ActiveToken(ctx, q, s.ID); err != nil || active != nil {
			t.Errorf("a token of the family is left: %+v, %v", active, err)
		}
	})
}

// waitForLock waits until somebody waits for somebody else's row.
func waitForLock(t *testing.T, q database.Querier) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		rows, err := database.Records(t.Context(), q, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
		must(t, err)
		if rows[0].Int(0) > 0 {
			return
		}
	}
	t.Fatal("nobody waits for the row")
}
