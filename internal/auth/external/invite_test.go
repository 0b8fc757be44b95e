package external_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// invite makes an invitation as the admin's would, and returns what its link carries.
func (s *site) invite(email, link string, sent time.Time) *store.User {
	s.Helper()
	u, owner := s.user(email, false), database.Owner{DB: s.db}
	if err := store.UpdateUser(s.Context(), owner, u, sent, store.Set("invited_at", sent), store.Set("raw_user_meta_data", store.Object{"team": "blue"})); err != nil {
		s.Fatal(err)
	}
	if err := store.PutOneTimeToken(s.Context(), owner, u.ID, store.ConfirmationToken, core.Kept(link), email, sent); err != nil {
		s.Fatal(err)
	}
	return u
}

// accept accepts an invitation with a provider.
func (s *site) accept(link, sub, email string) url.Values {
	s.Helper()
	q := s.begin("invite_token=" + link)
	s.party.is(sub, email, false, q.Get("nonce"))
	_, v := s.back(url.Values{"state": {q.Get("state")}, "code": {"good"}})
	return v
}

func TestInvite(t *testing.T) {
	eachEngine(t, func(s *site) {
		now := time.Now().UTC()
		ada := s.invite("ada@example.org", "link-of-ada", now)
		for name, link := range map[string]string{"unknown": "nothing", "a hash": core.Kept("link-of-ada")} {
			if w, out := s.do("GET", "/authorize?provider=mine&invite_token="+link, "", nil); w.Code != http.StatusNotFound || out["error_code"] != "invite_not_found" {
				s.Error(name, w.Code, out)
			}
		}
		if v := s.accept("link-of-ada", "eve", "eve@example.org"); v.Get("error_code") != "validation_failed" || v.Get("access_token") != "" {
			s.Error("another address:", v)
		}
		if v := s.accept("link-of-ada", "ada", "Ada@Example.org"); s.me(v)["id"] != ada.ID {
			s.Error(v)
		}
		got := s.load(ada.ID)
		if got.EmailConfirmedAt == nil || got.EncryptedPassword != "" || len(got.Identities) != 1 || got.UserMetaData["team"] != "blue" || got.UserMetaData["full_name"] != "Name of ada" {
			s.Errorf("%+v", got)
		}
		if w, _ := s.do("GET", "/authorize?provider=mine&invite_token=link-of-ada", "", nil); w.Code != http.StatusNotFound {
			s.Error("an invitation twice:", w.Code)
		}
		// An identity that has an account does not come to another one.
		s.invite("bob@example.org", "link-of-bob", now)
		if v := s.accept("link-of-bob", "ada", "bob@example.org"); v.Get("error_code") != "identity_already_exists" {
			s.Error(v)
		}
		s.invite("carol@example.org", "link-of-carol", now.Add(-48*time.Hour))
		if w, _ := s.do("GET", "/authorize?provider=mine&invite_token=link-of-carol", "", nil); w.Code != http.StatusNotFound {
			s.Error("an old invitation:", w.Code)
		}
	})
}
