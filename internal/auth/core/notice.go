package core

import (
	"cmp"
	"context"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// Notice is what a mail tells of a change that was made. Its fields are those of the
// templates.
type Notice struct {
	OldEmail, OldPhone, Provider, FactorType string
}

// The notices: the names of their templates and of their sections in
// [auth.email.notification].
const (
	PasswordChanged  = "password_changed"
	EmailChanged     = "email_changed"
	PhoneChanged     = "phone_changed"
	IdentityLinked   = "identity_linked"
	IdentityUnlinked = "identity_unlinked"
	FactorEnrolled   = "mfa_factor_enrolled"
	FactorUnenrolled = "mfa_factor_unenrolled"
)

// Notify tells the owner of an account of a change, where the settings say so, in the
// transaction that makes it. A change of address is told to the one until then. The
// limit of mails does not count it: whoever uses that up could change an account
// unnoticed.
func (c *Core) Notify(ctx context.Context, tx database.Querier, u *store.User, template string, n Notice) error {
	to := cmp.Or(n.OldEmail, u.Email)
	if !c.Auth().Email.Notices[template] || to == "" {
		return nil
	}
	return c.Messages.SendMail(ctx, tx, Mail{To: to, Template: template, Email: u.Email, Data: u.UserMetaData, Notice: n, User: u})
}
