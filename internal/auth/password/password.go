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
//	if err := judge.Check(ctx, secret, email); err != nil { … }   // *Weak tells why
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

import "errors"

// MaxLength is how many bytes of a password bcrypt reads.
const MaxLength = 72

// TooLong is what clients are told of ErrTooLong.
const TooLong = "Password cannot be longer than 72 characters"

// The reasons of Weak, which clients know by these names.
const (
	ReasonLength     = "length"
	ReasonCharacters = "characters"
	ReasonPwned      = "pwned"
)

// Weak tells why a password is not accepted.
type Weak struct {
	Message string
	Reasons []string // in the order of the constants, each once
}

// Error implements error.
func (w *Weak) Error() string { return w.Message }

var (
	// ErrTooLong is the answer to a password of more than MaxLength bytes.
	ErrTooLong = errors.New("the password is too long")
	// ErrUnchecked is the answer where the leak service did not answer and
	// Leaks.FailClosed asks for an answer.
	ErrUnchecked = errors.New("the service of leaked passwords gave no answer")
	// ErrBusy is the answer while too many others wait for a hash.
	ErrBusy = errors.New("too many passwords are being checked")
	// ErrHash tells that a stored hash is in no form that is known, or would take
	// more memory or time than one log-in is worth.
	ErrHash = errors.New("the stored hash of the password cannot be used")
)
