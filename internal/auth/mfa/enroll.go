package mfa

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// enrollBody is the body of POST /factors.
type enrollBody struct {
	FriendlyName string `json:"friendly_name"`
	FactorType   string `json:"factor_type"`
	Issuer       string `json:"issuer"`
	Phone        string `json:"phone"`
}

// enrolled is its answer.
type enrolled struct {
	ID           string       `json:"id"`
	Type         string       `json:"type"`
	FriendlyName string       `json:"friendly_name"`
	TOTP         *factor.TOTP `json:"totp,omitempty"`
	Phone        string       `json:"phone,omitempty"`
}

// Bounds of what is kept and drawn, in bytes.
const (
	maxName   = 255
	maxIssuer = 100 // with an address, a QR code has room for it
)

// enroll is POST /factors.
func (h *Handlers) enroll(w http.ResponseWriter, r *http.Request) error {
	q, err := h.caller(r)
	if err != nil {
		return err
	}
	var b enrollBody
	if err := core.Read(r, &b); err != nil {
		return err
	}
	f, err := h.draft(&b)
	if err != nil {
		return err
	}
	out := enrolled{Type: f.Type, FriendlyName: f.FriendlyName, Phone: b.Phone}
	if f.Type == totp {
		if out.TOTP, err = h.newTOTP(q.User, b.Issuer, f); err != nil {
			return err
		}
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error { return h.begin(r.Context(), tx, q, f) })
	if fault.Code(err) == fault.UniqueViolation {
		err = nameTaken(f.FriendlyName)
	}
	if err != nil {
		return err
	}
	out.ID = f.ID
	return core.JSON(w, out)
}

// draft is the factor that a body asks for.
func (h *Handlers) draft(b *enrollBody) (*store.Factor, error) {
	k, err := h.kind(b.FactorType)
	switch {
	case err != nil:
		return nil, err
	case !k.Enroll:
		return nil, autherr.New(http.StatusUnprocessableEntity, k.enroll, "MFA enroll is disabled for %s", k.name)
	case len(b.FriendlyName) > maxName:
		return nil, core.Invalid("friendly_name must be %d bytes or less", maxName)
	case len(b.Issuer) > maxIssuer:
		return nil, core.Invalid("issuer must be %d bytes or less", maxIssuer)
	}
	f := &store.Factor{ID: store.NewID(), FriendlyName: b.FriendlyName, Type: b.FactorType, Status: "unverified"}
	if f.Type != phone {
		b.Phone = ""
		return f, nil
	}
	if b.Phone == "" {
		return nil, core.Invalid("Phone number required to enroll Phone factor")
	}
	f.Phone, err = core.Phone(b.Phone)
	return f, err
}

// newTOTP makes a secret, which the factor keeps sealed.
func (h *Handlers) newTOTP(u *store.User, issuer string, f *store.Factor) (*factor.TOTP, error) {
	if issuer == "" {
		site, err := url.Parse(h.SiteURL())
		if err != nil || site.Host == "" {
			return nil, autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "site url is improperly formatted")
		}
		issuer = site.Host
	}
	made, err := factor.NewTOTP(issuer, cmp.Or(u.Email, u.Phone))
	if err == nil {
		f.Secret = h.seal(f.ID, made.Secret)
	}
	return made, err
}

// begin adds a factor, in a transaction.
func (h *Handlers) begin(ctx context.Context, tx database.Tx, q request, f *store.Factor) error {
	now := h.Time()
	if err := store.DeleteUnverifiedFactors(ctx, tx, q.User.ID, now.Add(-factorExpiry)); err != nil {
		return err
	}
	u, err := store.LockUser(ctx, tx, q.User.ID)
	if err != nil {
		return err
	}
	if u == nil {
		return factorNotFound()
	}
	if err := h.samePhone(ctx, tx, u, f); err != nil {
		return err
	}
	if err := h.checkRoom(u, f, q.Caller); err != nil {
		return err
	}
	f.UserID = u.ID
	if err := store.InsertFactor(ctx, tx, f, now); err != nil {
		return err
	}
	return h.Audit(ctx, tx, q.Request, u, store.FactorEnrolled, store.Object{"factor_id": f.ID, "factor_type": f.Type})
}

// samePhone makes room for a factor of a number that was begun before.
func (h *Handlers) samePhone(ctx context.Context, tx database.Querier, u *store.User, f *store.Factor) error {
	rest := make([]store.Factor, 0, len(u.Factors))
	for _, other := range u.Factors {
		switch {
		case f.Type != phone || other.Type != phone || other.Phone != f.Phone:
			rest = append(rest, other)
		case other.Verified():
			return autherr.New(http.StatusUnprocessableEntity, autherr.MFAVerifiedFactorExists, "A verified phone factor already exists, unenroll the existing factor to continue")
		default:
			if err := store.DeleteFactor(ctx, tx, other.ID); err != nil {
				return err
			}
		}
	}
	u.Factors = rest
	return nil
}

func (h *Handlers) checkRoom(u *store.User, f *store.Factor, c *core.Caller) error {
	for _, other := range u.Factors {
		if other.FriendlyName == f.FriendlyName {
			return nameTaken(f.FriendlyName)
		}
	}
	if int64(len(u.Factors)) >= h.Auth().MFA.MaxFactors {
		return autherr.New(http.StatusUnprocessableEntity, autherr.TooManyEnrolledMFAFactors, "Maximum number of verified factors reached, unenroll to continue")
	}
	return checkLevel(u, f, c)
}

func nameTaken(name string) error {
	return autherr.New(http.StatusUnprocessableEntity, autherr.MFAFactorNameConflict, "A factor with the friendly name %q for this user already exists", name)
}

// Secrets are sealed, each for its factor. One without the mark was imported, and
// is as it came.
const (
	sealedMark    = "sealed:"
	sealedPurpose = "second factors"
)

func (h *Handlers) seal(id, secret string) string {
	return sealedMark + signing.Seal(h.Secret, sealedPurpose, id, []byte(secret))
}

func (h *Handlers) unseal(f *store.Factor) (secret string, sealed bool, err error) {
	text, ok := strings.CutPrefix(f.Secret, sealedMark)
	if !ok {
		return f.Secret, false, nil
	}
	plain, err := signing.Unseal(h.Secret, sealedPurpose, f.ID, text)
	if err != nil {
		return "", true, fault.Internal(err)
	}
	return string(plain), true, nil
}
