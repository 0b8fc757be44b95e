package factor

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// Credential is what is stored of an authenticator: in web_authn_credential of a
// factor as it is, of a passkey in columns.
type Credential = webauthn.Credential

// Party is the site that authenticators sign for.
type Party struct {
	ID      string   // the host, or a domain above it
	Name    string   // for people
	Origins []string // of its pages: https://example.com
}

// Holder is the user that a ceremony is about.
type Holder struct {
	ID          string // a UUID: the handle that authenticators keep
	Name        string // address or phone number
	DisplayName string // Name, if it is empty
	Credentials []Credential
}

// holder is a Holder as the library wants it.
type holder struct{ Holder }

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { return []byte(h.ID) }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.Name }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string {
	if h.DisplayName == "" {
		return h.Name
	}
	return h.DisplayName
}

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.Credentials }

// maxResponse bounds what an authenticator's answer may have, in bytes. Attestations
// of hardware have some 10 kB.
const maxResponse = 64 << 10

// Begun is a ceremony that waits for its answer. Options go to the client, Session
// stays here, with the challenge, until the answer comes, and is used once.
type Begun struct {
	Options json.RawMessage
	Session json.RawMessage
}

func begun(options any, session *webauthn.SessionData) (*Begun, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	s, err := json.Marshal(session)
	return &Begun{Options: o, Session: s}, err
}

// SecondFactor runs the ceremonies of factors of the type webauthn.
type SecondFactor struct{ rp *webauthn.WebAuthn }

// NewSecondFactor returns the ceremonies of a site, or what is wrong with it.
func NewSecondFactor(p Party) (*SecondFactor, error) {
	rp, err := webauthn.New(&webauthn.Config{RPID: p.ID, RPDisplayName: p.Name, RPOrigins: p.Origins})
	return &SecondFactor{rp}, err
}

// Register begins to enroll an authenticator that is none of the user's. Options are
// the argument of navigator.credentials.create: {"publicKey": …}.
func (f *SecondFactor) Register(h Holder) (*Begun, error) {
	excluded := make([]protocol.CredentialDescriptor, len(h.Credentials))
	for i, c := range h.Credentials {
		excluded[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: c.ID, Transport: c.Transport}
	}
	options, session, err := f.rp.BeginRegistration(holder{h}, webauthn.WithExclusions(excluded))
	if err != nil {
		return nil, err
	}
	return begun(options, session)
}

// Registered checks the answer to Register.
func (f *SecondFactor) Registered(h Holder, session, response json.RawMessage) (*Credential, error) {
	return register(f.rp, h, session, response, mfaFailed)
}

// Request begins to ask for one of the user's authenticators. Options are the
// argument of navigator.credentials.get: {"publicKey": …}.
func (f *SecondFactor) Request(h Holder) (*Begun, error) {
	options, session, err := f.rp.BeginLogin(holder{h})
	if err != nil {
		return nil, err
	}
	return begun(options, session)
}

// Requested checks the answer to Request, and returns the credential that signed it
// with its new counter.
func (f *SecondFactor) Requested(h Holder, session, response json.RawMessage) (*Credential, error) {
	data, parsed, err := assertion(session, response)
	if err != nil {
		return nil, mfaFailed(err)
	}
	c, err := f.rp.ValidateLogin(holder{h}, *data, parsed)
	if err == nil {
		err = checkClone(c)
	}
	if err != nil {
		return nil, mfaFailed(err)
	}
	return c, nil
}

// failed makes of an authenticator's wrong answer what the caller is told.
type failed func(error) error

func mfaFailed(err error) error {
	return autherr.New(http.StatusUnprocessableEntity, autherr.MFAVerificationFailed, "Failed to validate WebAuthn MFA response").Because(detailed(err))
}

func register(rp *webauthn.WebAuthn, h Holder, session, response json.RawMessage, fail failed) (*Credential, error) {
	data, err := readSession(session)
	if err != nil {
		return nil, err
	}
	if len(response) > maxResponse {
		return nil, fail(fmt.Errorf("it has %d bytes", len(response)))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, fail(err)
	}
	c, err := rp.CreateCredential(holder{h}, *data, parsed)
	if err != nil {
		return nil, fail(err)
	}
	return c, nil
}

func assertion(session, response json.RawMessage) (*webauthn.SessionData, *protocol.ParsedCredentialAssertionData, error) {
	data, err := readSession(session)
	if err != nil {
		return nil, nil, err
	}
	if len(response) > maxResponse {
		return nil, nil, fmt.Errorf("it has %d bytes", len(response))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	return data, parsed, err
}

func readSession(raw json.RawMessage) (*webauthn.SessionData, error) {
	data := &webauthn.SessionData{}
	if err := json.Unmarshal(raw, data); err != nil || data.Challenge == "" {
		return nil, fmt.Errorf("the session of a ceremony cannot be read: %w", err)
	}
	return data, nil
}

// checkClone refuses an authenticator whose counter went back: there is a copy of it
// (WebAuthn, 6.1.1). Synchronized passkeys do not count.
func checkClone(c *Credential) error {
	if c.Authenticator.CloneWarning {
		return fmt.Errorf("the counter of the authenticator went back to %d", c.Authenticator.SignCount)
	}
	return nil
}

// detailed has what the library tells beside its message, for the log.
func detailed(err error) error {
	if e, ok := err.(*protocol.Error); ok && e.DevInfo != "" { //nolint:errorlint // it wraps none of its own
		return fmt.Errorf("%w: %s", err, e.DevInfo)
	}
	return err
}
