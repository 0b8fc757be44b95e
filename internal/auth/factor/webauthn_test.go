package factor

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/factor/factortest"
)

var (
	site = Party{ID: "app.example.com", Name: "App", Origins: []string{"https://app.example.com"}}
	ann  = Holder{ID: "8b1b1c3e-0d4c-4c8e-9d9b-0e4e6d8f7a11", Name: "ann@example.com"}
)

func code(err error) string {
	if e, ok := errors.AsType[*autherr.Error](err); ok {
		return e.Code
	}
	return ""
}

func secondFactor(t *testing.T) *SecondFactor {
	f, err := NewSecondFactor(site)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func passkeys(t *testing.T) *Passkeys {
	p, err := NewPasskeys(site)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stored is a credential as it comes back from the database.
func stored(t *testing.T, c *Credential) Credential {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var out Credential
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// enrolled registers an authenticator as a second factor.
func enrolled(t *testing.T, f *SecondFactor, a *factortest.Authenticator) Credential {
	t.Helper()
	b, err := f.Register(ann)
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Registered(ann, b.Session, a.Create(b.Options))
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return stored(t, c)
}

func TestSecondFactor(t *testing.T) {
	f, a := secondFactor(t), factortest.New(t, site.ID, site.Origins[0])
	with := ann
	with.Credentials = []Credential{enrolled(t, f, a)}

	again, err := f.Register(with)
	if err != nil {
		t.Fatal(err)
	}
	if o := a.Options(again.Options); len(o.Exclude) != 1 || o.Exclude[0].ID != base64.RawURLEncoding.EncodeToString(a.ID) || !strings.HasPrefix(string(again.Options), `{"publicKey":{"rp":`) {
		t.Errorf("options of a second one: %s", again.Options)
	}
	b, err := f.Request(with)
	if err != nil {
		t.Fatal(err)
	}
	if o := a.Options(b.Options); len(o.Allow) != 1 || o.Allow[0].ID != base64.RawURLEncoding.EncodeToString(a.ID) || o.RPID != site.ID || len(o.Challenge) < 43 {
		t.Errorf("options: %s", b.Options)
	}
	response := a.Get(b.Options)
	c, err := f.Requested(with, b.Session, response)
	if err != nil || c.Authenticator.SignCount != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	with.Credentials[0] = stored(t, c)
	if _, err := f.Requested(with, b.Session, response); code(err) != autherr.MFAVerificationFailed {
		t.Errorf("a counter that did not go on: %v", err)
	}
	if _, err := f.Request(ann); err == nil {
		t.Error("a user without authenticators is asked for one")
	}
}

// TestForged answers ceremonies wrongly.
func TestForged(t *testing.T) {
	f, a := secondFactor(t), factortest.New(t, site.ID, site.Origins[0])
	with := ann
	with.Credentials = []Credential{enrolled(t, f, a)}
	other := factortest.New(t, site.ID, site.Origins[0])
	_ = enrolled(t, f, other)
	b, err := f.Request(with)
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.Request(with)
	if err != nil {
		t.Fatal(err)
	}
	impostor := *other
	impostor.ID = a.ID
	elsewhere, shop := *a, *a
	elsewhere.Origin, shop.Party = "https://app.example.com.evil.example", "evil.example"
	bob := with
	bob.ID = "00000000-0000-4000-8000-000000000000"
	for name, x := range map[string]struct {
		h        Holder
		response json.RawMessage
	}{
		"another's authenticator": {with, other.Get(b.Options)},
		"another's key":           {with, impostor.Get(b.Options)},
		"another page":            {with, elsewhere.Get(b.Options)},
		"another site":            {with, shop.Get(b.Options)},
		"another challenge":       {with, a.Get(second.Options)},
		"another user":            {bob, a.Get(b.Options)},
		"a registration":          {with, a.Create(b.Options)},
		"a changed signature":     {with, json.RawMessage(strings.Replace(string(a.Get(b.Options)), `"signature":"ME`, `"signature":"MF`, 1))},
		"nothing":                 {with, nil}, "null": {with, json.RawMessage(`null`)}, "text": {with, json.RawMessage(`"x"`)},
		"too much": {with, json.RawMessage(`{"a":"` + strings.Repeat("x", maxResponse) + `"}`)},
	} {
		if c, err := f.Requested(x.h, b.Session, x.response); code(err) != autherr.MFAVerificationFailed || c != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Requested(with, b.Session, a.Get(b.Options)); err != nil {
		t.Errorf("the right one: %v", err)
	}
	begun, err := f.Register(ann)
	if err != nil {
		t.Fatal(err)
	}
	for name, response := range map[string]json.RawMessage{"another page": elsewhere.Create(begun.Options), "another site": shop.Create(begun.Options),
		"another challenge": a.Create(again(t, f).Options), "an assertion": a.Get(begun.Options), "nothing": nil} {
		if c, err := f.Registered(ann, begun.Session, response); code(err) != autherr.MFAVerificationFailed || c != nil {
			t.Errorf("registered by %s: %v", name, err)
		}
	}
	if _, err := f.Registered(ann, json.RawMessage(`{}`), a.Create(begun.Options)); err == nil {
		t.Error("a ceremony without a session is taken")
	}
}

func again(t *testing.T, f *SecondFactor) *Begun {
	b, err := f.Register(ann)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPasskeys(t *testing.T) {
	p, a := passkeys(t), factortest.New(t, site.ID, site.Origins[0])
	b, err := p.Register(ann)
	if err != nil {
		t.Fatal(err)
	}
	var shape struct {
		Attestation            string
		AuthenticatorSelection struct{ ResidentKey, UserVerification string }
		PublicKey              any
	}
	if err := json.Unmarshal(b.Options, &shape); err != nil || shape.Attestation != "none" || shape.AuthenticatorSelection.ResidentKey != "required" ||
		shape.AuthenticatorSelection.UserVerification != "preferred" || shape.PublicKey != nil {
		t.Errorf("options: %s, %v", b.Options, err)
	}
	c, err := p.Registered(ann, b.Session, a.Create(b.Options))
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	if string(a.Handle) != ann.ID {
		t.Errorf("the handle is %q", a.Handle)
	}
	with := ann
	with.Credentials = []Credential{stored(t, c)}
	find := func(id string) (Holder, error) {
		if id != ann.ID {
			return Holder{}, errors.New("nobody")
		}
		return with, nil
	}
	request, err := p.Request()
	if err != nil {
		t.Fatal(err)
	}
	if o := a.Options(request.Options); len(o.Allow) != 0 || o.RPID != site.ID || strings.Contains(string(request.Options), "publicKey") {
		t.Errorf("options: %s", request.Options)
	}
	id, used, err := p.Requested(request.Session, a.Get(request.Options), find)
	if err != nil || id != ann.ID || used.Authenticator.SignCount != 1 || string(used.ID) != string(a.ID) {
		t.Fatalf("%s, %+v, %v", id, used, err)
	}
	stranger := *a
	stranger.Handle = []byte("00000000-0000-4000-8000-000000000000")
	unknown := factortest.New(t, site.ID, site.Origins[0])
	unknown.Handle = a.Handle
	for name, response := range map[string]json.RawMessage{"another user": stranger.Get(request.Options), "an unknown key": unknown.Get(request.Options), "nothing": nil} {
		if _, _, err := p.Requested(request.Session, response, find); code(err) != autherr.WebAuthnVerificationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := p.Requested(request.Session, a.Get(request.Options), func(string) (Holder, error) { h := with; h.ID = nobody; return h, nil }); code(err) != autherr.WebAuthnVerificationFailed {
		t.Errorf("another user was found: %v", err)
	}
}

const nobody = "00000000-0000-4000-8000-000000000000"

func TestParty(t *testing.T) {
	for _, bad := range []Party{{}, {ID: "app.example.com"}, {ID: "https://app.example.com", Origins: site.Origins}} {
		if p, err := NewPasskeys(bad); err == nil {
			if _, err = p.Request(); err == nil {
				t.Errorf("%+v is taken", bad)
			}
		}
	}
	if PasskeyName(nil) != "Passkey" || PasskeyName([]byte("\xba\xda\x55\x66\xa7\xaa\x40\x1f\xbd\x96\x45\x61\x9a\x55\x12\x0d")) != "1Password" {
		t.Error("names of passkeys")
	}
}

// FuzzAssertion takes no answer but one that was signed.
func FuzzAssertion(f *testing.F) {
	for _, s := range []string{`{}`, `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`} {
		f.Add([]byte(s))
	}
	p, err := NewPasskeys(site)
	if err != nil {
		f.Fatal(err)
	}
	b, err := p.Request()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		if _, _, err := p.Requested(b.Session, response, func(id string) (Holder, error) { h := ann; h.ID = id; return h, nil }); err == nil {
			t.Errorf("%q is taken", response)
		}
	})
}
