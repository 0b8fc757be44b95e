// Package factortest is an authenticator in software, for tests of WebAuthn.
//
//	a := factortest.New(t, "app.example.com", "https://app.example.com")
//	response := a.Create(options)  // as navigator.credentials.create would
package factortest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// Authenticator is as simple as the specification allows: one ES256 key, no
// attestation.
type Authenticator struct {
	ID      []byte
	Handle  []byte // of the user that it was registered for
	Party   string
	Origin  string // of the page that it believes to be on
	Counter uint32

	t   testing.TB
	key *ecdsa.PrivateKey
}

// New returns one with a new key, for pages of an origin.
func New(t testing.TB, party, origin string) *Authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &Authenticator{t: t, key: key, ID: id, Origin: origin, Party: party}
}

// Options are what both ceremonies' options have that it looks at.
type Options struct {
	Challenge string
	RPID      string `json:"rpId"`
	User      struct{ ID string }
	Exclude   []struct{ ID string } `json:"excludeCredentials"`
	Allow     []struct{ ID string } `json:"allowCredentials"`
}

// Options reads the options of a ceremony, which may stand under publicKey.
func (a *Authenticator) Options(raw json.RawMessage) (o Options) {
	var outer struct{ PublicKey *Options }
	if err := json.Unmarshal(raw, &outer); err != nil {
		a.t.Fatal(err)
	}
	if outer.PublicKey != nil {
		return *outer.PublicKey
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		a.t.Fatal(err)
	}
	return o
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *Authenticator) clientData(kind, challenge string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, challenge, a.Origin)
}

// data is the authenticator data (WebAuthn, 6.1): user present and verified.
func (a *Authenticator) data(flags byte, attested []byte) []byte {
	hash := sha256.Sum256([]byte(a.Party))
	out := append(slices.Clone(hash[:]), flags|0x05)
	out = binary.BigEndian.AppendUint32(out, a.Counter)
	return append(out, attested...)
}

// Create answers navigator.credentials.create.
func (a *Authenticator) Create(raw json.RawMessage) json.RawMessage {
	o := a.Options(raw)
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	a.Handle = handle
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	// A COSE key (RFC 9053, 7.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
	cose := slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32}, point[33:])
	attested := slices.Concat(make([]byte, 16), []byte{0, byte(len(a.ID))}, a.ID, cose)
	data := a.data(0x40, attested)
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(data))}, data)
	return a.response(map[string]any{"clientDataJSON": b64(a.clientData("webauthn.create", o.Challenge)), "attestationObject": b64(object),
		"transports": []string{"internal"}})
}

// Get answers navigator.credentials.get.
func (a *Authenticator) Get(raw json.RawMessage) json.RawMessage {
	client := a.clientData("webauthn.get", a.Options(raw).Challenge)
	a.Counter++
	data := a.data(0, nil)
	clientHash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.response(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.Handle)})
}

func (a *Authenticator) response(inner map[string]any) json.RawMessage {
	out, err := json.Marshal(map[string]any{"id": b64(a.ID), "rawId": b64(a.ID), "type": "public-key", "response": inner,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform"})
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}
