package external_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

func (s *site) users() int64 {
	s.Helper()
	rows, err := database.Records(s.Context(), database.Owner{DB: s.db}, "select count(*) from auth.users")
	if err != nil {
		s.Fatal(err)
	}
	return rows[0].Int(0)
}

// TestNewcomer: the hook is asked about new accounts alone, and before anything is
// locked.
func TestNewcomer(t *testing.T) {
	eachEngine(t, func(s *site) {
		var asked []string
		s.vet = func(u *store.User) error {
			asked = append(asked, u.Email)
			return autherr.New(http.StatusForbidden, autherr.HookTimeout, "not today")
		}
		if v := s.signIn("eve", "eve@example.org", true); v.Get("error") != "access_denied" || v.Get("error_description") != "not today" {
			s.Error("refused:", v)
		}
		if n := s.users(); n != 0 {
			s.Errorf("%d users", n)
		}
		s.vet = func(u *store.User) error {
			asked = append(asked, u.Email)
			s.user("other@example.org", true) // waits for ever when the caller holds the only writer
			return nil
		}
		me := s.me(s.signIn("ada", "ada@example.org", true))
		if again := s.me(s.signIn("ada", "ada@example.org", true)); again["id"] != me["id"] {
			s.Error("the second time:", again)
		}
		s.signIn("second", "other@example.org", true) // has an account
		if !slices.Equal(asked, []string{"eve@example.org", "ada@example.org"}) {
			s.Error("asked about", asked)
		}
	})
}

// TestNewcomerTwice: what happens while the hook is asked counts.
func TestNewcomerTwice(t *testing.T) {
	eachEngine(t, func(s *site) {
		var first map[string]any
		s.vet = func(*store.User) error {
			s.vet = nil
			first = s.me(s.signIn("ada", "ada@example.org", true))
			return nil
		}
		if me := s.me(s.signIn("ada", "ada@example.org", true)); me["id"] != first["id"] || s.users() != 1 {
			s.Error("two accounts of one person:", me, first)
		}
		// Somebody takes an address that nobody vouches for: the hook never agreed to an
		// account without one.
		var asked []string
		s.vet = func(u *store.User) error {
			if asked = append(asked, u.Email); len(asked) == 1 {
				s.user("bob@example.org", true)
			}
			return nil
		}
		if v := s.signIn("bob", "bob@example.org", false); v.Get("error_code") != "provider_email_needs_verification" {
			s.Error(v)
		}
		if !slices.Equal(asked, []string{"bob@example.org", ""}) {
			s.Error("asked about", asked)
		}
	})
}
