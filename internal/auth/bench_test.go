package auth_test

import (
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/session"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
)

// BenchmarkRefresh measures acknowledged refreshes of many sessions at once.
func BenchmarkRefresh(b *testing.B) {
	db := onEmbedded(b)
	if err := migrate.Own(b.Context(), db, auth.Parts(db.Engine())...); err != nil {
		b.Fatal(err)
	}
	keys, err := signing.Open(b.Context(), signing.Config{DB: db, Secret: secret})
	if err != nil {
		b.Fatal(err)
	}
	sessions := session.New(session.Config{DB: db, Sign: keys.Sign, Key: signing.Derive(secret, "test"), Expiry: time.Hour, Rotation: true})
	u := &store.User{Aud: "authenticated", Role: "authenticated", Email: "ada@example.org"}
	owner := database.Owner{DB: db}
	if err := store.InsertUser(b.Context(), owner, u, time.Now()); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		mine := *u
		tokens, err := sessions.Issue(b.Context(), owner, &mine, session.Request{Method: "password", IP: "192.0.2.1"})
		if err != nil {
			b.Error(err)
			return
		}
		for refresh := tokens.RefreshToken; pb.Next(); {
			next, err := sessions.Refresh(b.Context(), refresh, session.Request{IP: "192.0.2.1"})
			if err != nil {
				b.Error(err)
				return
			}
			refresh = next.RefreshToken
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refreshes/s")
}
