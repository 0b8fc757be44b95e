package factor

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// Passkeys runs the ceremonies of passkeys: credentials that an authenticator finds
// by itself, so that nobody types a name.
type Passkeys struct{ rp *webauthn.WebAuthn }

// NewPasskeys returns the ceremonies of a site, or what is wrong with it.
func NewPasskeys(p Party) (*Passkeys, error) {
	rp, err := webauthn.New(&webauthn.Config{
		RPID: p.ID, RPDisplayName: p.Name, RPOrigins: p.Origins, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationPreferred,
		},
	})
	return &Passkeys{rp}, err
}

// Kept is what is stored of a passkey, in columns.
type Kept struct {
	ID, PublicKey, AAGUID    []byte
	AttestationType          string
	Transports               []string
	SignCount                uint32
	BackupEligible, BackedUp bool
}

// KeptOf is what is stored of a credential.
func KeptOf(c *Credential) Kept {
	k := Kept{ID: c.ID, PublicKey: c.PublicKey, AAGUID: c.Authenticator.AAGUID, AttestationType: c.AttestationType,
		SignCount: c.Authenticator.SignCount, BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState}
	for _, t := range c.Transport {
		k.Transports = append(k.Transports, string(t))
	}
	return k
}

// Credential is the credential that was stored.
func (k Kept) Credential() Credential {
	c := Credential{ID: k.ID, PublicKey: k.PublicKey, AttestationType: k.AttestationType,
		Flags:         webauthn.CredentialFlags{BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
		Authenticator: webauthn.Authenticator{AAGUID: k.AAGUID, SignCount: k.SignCount}}
	for _, t := range k.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

// Register begins to make a passkey. Options are what stands under publicKey in the
// argument of navigator.credentials.create.
func (p *Passkeys) Register(h Holder) (*Begun, error) {
	excluded := make([]protocol.CredentialDescriptor, len(h.Credentials))
	for i, c := range h.Credentials {
		excluded[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: c.ID}
	}
	options, session, err := p.rp.BeginRegistration(holder{h}, webauthn.WithExclusions(excluded))
	if err != nil {
		return nil, err
	}
	return begun(&options.Response, session)
}

// Registered checks the answer to Register.
func (p *Passkeys) Registered(h Holder, session, response json.RawMessage) (*Credential, error) {
	return register(p.rp, h, session, response, passkeyFailed)
}

// Request begins a sign-in of whoever it will be. Options are what stands under
// publicKey in the argument of navigator.credentials.get.
func (p *Passkeys) Request() (*Begun, error) {
	options, session, err := p.rp.BeginDiscoverableLogin()
	if err != nil {
		return nil, err
	}
	return begun(&options.Response, session)
}

// Requested checks the answer to Request. find returns the user with an id, with
// passkeys; its errors are those of a user who does not exist. What comes back is
// that user's id and the passkey that signed, with its new counter.
func (p *Passkeys) Requested(session, response json.RawMessage, find func(id string) (Holder, error)) (string, *Credential, error) {
	data, parsed, err := assertion(session, response)
	if err != nil {
		return "", nil, passkeyFailed(err)
	}
	user, c, err := p.rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		h, err := find(string(handle))
		if err == nil && h.ID != string(handle) {
			err = fmt.Errorf("another user was found")
		}
		return holder{h}, err
	}, *data, parsed)
	if err == nil {
		err = checkClone(c)
	}
	if err != nil {
		return "", nil, passkeyFailed(err)
	}
	return string(user.WebAuthnID()), c, nil
}

func passkeyFailed(err error) error {
	return autherr.New(http.StatusBadRequest, autherr.WebAuthnVerificationFailed, "Credential verification failed").Because(detailed(err))
}

// PasskeyName names a passkey by where it is kept, as far as that is known
// (github.com/passkeydeveloper/passkey-authenticator-aaguids).
func PasskeyName(aaguid []byte) string {
	names := map[string]string{
		"fbfc3007154e4ecc8c0b6e020557d7bd": "Apple Passwords",
		"ea9b8d664d011d213ce4b6b48cb575d4": "Google Password Manager",
		"adce000235bcc60a648b0b25f1f05503": "Chrome on Mac",
		"08987058cadc4b81b6e130de50dcbe96": "Windows Hello",
		"9ddd1817af5a4672a2b93e3dd95000a9": "Windows Hello",
		"6028b017b1d44c02b4b3afcdafc96bb2": "Windows Hello",
		"bada5566a7aa401fbd9645619a55120d": "1Password",
		"d548826e79b4db40a3d811116f7e8349": "Bitwarden",
		"531126d6e717415c93203d9aa6981239": "Dashlane",
	}
	if name, ok := names[fmt.Sprintf("%x", aaguid)]; ok {
		return name
	}
	return "Passkey"
}
