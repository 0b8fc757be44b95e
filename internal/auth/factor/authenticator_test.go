package factor

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

// authenticator is one in software, as simple as the specification allows: one
// ES256 key, no attestation.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	counter uint32
	handle  []byte // of the user that it was registered for
	origin  string // of the page that it believes to be on
	party   string
}

func newAuthenticator(t *testing.T) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{t: t, key: key, id: id, origin: site.Origins[0], party: site.ID}
}

// options are what both ceremonies' options have that it looks at.
type options struct {
	Challenge string
	RPID      string `json:"rpId"`
	User      struct{ ID string }
	Exclude   []struct{ ID string } `json:"excludeCredentials"`
	Allow     []struct{ ID string } `json:"allowCredentials"`
}

func (a *authenticator) options(raw json.RawMessage) (o options) {
	var outer struct{ PublicKey *options }
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

func (a *authenticator) clientData(kind, challenge string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, challenge, a.origin)
}

// data is the authenticator data (WebAuthn, 6.1): user present and verified.
func (a *authenticator) data(flags byte, attested []byte) []byte {
	hash := sha256.Sum256([]byte(a.party))
	out := append(slices.Clone(hash[:]), flags|0x05)
	out = binary.BigEndian.AppendUint32(out, a.counter)
	return append(out, attested...)
}

// create answers navigator.credentials.create.
func (a *authenticator) create(raw json.RawMessage) json.RawMessage {
	o := a.options(raw)
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	a.handle = handle
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	// A COSE key (RFC 9053, 7.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
	cose := slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32}, point[33:])
	attested := slices.Concat(make([]byte, 16), []byte{0, byte(len(a.id))}, a.id, cose)
	data := a.data(0x40, attested)
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(data))}, data)
	return a.response(map[string]any{"clientDataJSON": b64(a.clientData("webauthn.create", o.Challenge)), "attestationObject": b64(object),
		"transports": []string{"internal"}})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(raw json.RawMessage) json.RawMessage {
	client := a.clientData("webauthn.get", a.options(raw).Challenge)
	a.counter++
	data := a.data(0, nil)
	clientHash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.response(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.handle)})
}

func (a *authenticator) response(inner map[string]any) json.RawMessage {
	out, err := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "response": inner,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform"})
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}
