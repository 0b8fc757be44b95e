package core

import (
	"context"
	"time"
)

// PasswordOf and CodesFor name the secrets that wrong attempts are counted at. An
// account is an address or number as it was typed, in lower case, so that those that
// do not exist are locked as well. Passwords and codes have a count each: who guesses
// at one keeps nobody from the other.
func PasswordOf(account string) string { return "password of " + account }

// CodesFor are the codes sent to an address or number.
func CodesFor(account string) string { return "codes for " + account }

// FactorsOf are the second factors of a user, together. No mail opens them: whoever
// reads a user's mail is among those that they keep out.
func FactorsOf(userID string) string { return "factors of " + userID }

// OnLock has a function called when wrong attempts have locked a secret, in no
// transaction. It is set before the first request.
func (c *Core) OnLock(do func(ctx context.Context, secret string)) { c.locked = do }

// Try runs a check of a secret, unless that is locked, and counts a wrong one. wrong
// is the answer to it.
func (c *Core) Try(ctx context.Context, secret string, wrong error, check func() (bool, error)) error {
	locks := false
	if c.Limits != nil {
		var err error
		if locks, err = c.Limits.Attempt(ctx, secret); err != nil {
			return err
		}
	}
	ok, err := check()
	switch {
	case err != nil:
		return err
	case ok && c.Limits != nil:
		return c.Limits.Succeeded(ctx, secret)
	case ok:
		return nil
	}
	if locks && c.locked != nil {
		c.locked(ctx, secret)
	}
	return wrong
}

// Once tells whether this is the first time within a span that something happens
// to a subject: that a code of an app is used.
func (c *Core) Once(ctx context.Context, name, subject string, within time.Duration) (bool, error) {
	if c.Limits == nil {
		return true, nil
	}
	return c.Limits.Once(ctx, name, subject, within)
}
