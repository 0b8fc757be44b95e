// Package password judges passwords and turns them into hashes.
//
// Two things make passwords costly to handle, and both are bounded here. Hashing
// takes a core for about 50 ms, so at most Config.Workers run at once and only so
// many wait (ErrBusy answers the rest): a flood of log-ins takes no more than its
// share of the machine. And judging asks, when it is configured, a service that
// knows leaked passwords, which has a deadline.
//
//	pool, err := password.NewPool(password.Config{})
//	judge := password.NewJudge(password.Policy{MinLength: 8, Strength: 3}, pool, nil)
//	err = judge.Check(ctx, secret, email) // an *autherr.Error tells why not
//	hash, err := pool.Hash(ctx, secret)
//	ok, err := pool.Compare(ctx, user.EncryptedPassword, secret)
//
// Hash and Compare wait for their turn: no caller may hold a transaction of the
// database meanwhile.
//
// What a password has to be follows GoTrue (supabase/auth, "Password strength");
// the judgement of how hard it is to guess is zxcvbn's (Wheeler, USENIX Security
// 2016).
package password

import (
	"errors"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// MaxLength is how many bytes of a password bcrypt reads.
const MaxLength = 72

// The reasons of autherr.Weak, which clients know by these names.
const (
	ReasonLength     = "length"
	ReasonCharacters = "characters"
	ReasonPwned      = "pwned"
)

// busySeconds is when those who found no place may come again.
const busySeconds = 2

var (
	// ErrTooLong is the answer to a password of more than MaxLength bytes.
	ErrTooLong = autherr.New(http.StatusBadRequest, autherr.ValidationFailed, "Password cannot be longer than %d characters", MaxLength)
	// ErrUnchecked is the answer where the leak service did not answer and
	// Leaks.FailClosed asks for an answer.
	ErrUnchecked = autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "Unable to perform password strength check with HaveIBeenPwned.org.")
	// ErrBusy is the answer while too many others wait for a hash.
	ErrBusy = autherr.TooMany(autherr.OverRequestRateLimit, busySeconds, "Too many passwords are being checked, please retry after a moment.")
	// ErrHash tells that a stored hash is in no form that is known, or would take
	// more memory or time than one log-in is worth. It is no answer to a caller.
	ErrHash = errors.New("the stored hash of the password cannot be used")
)
