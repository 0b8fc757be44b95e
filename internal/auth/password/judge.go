package password

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// Policy is what a password has to be.
type Policy struct {
	MinLength int // in characters
	// Required are sets of characters, of each of which one has to be there.
	Required []string
	// Strength is the least score of zxcvbn: 1 takes more than 10³ guesses, 2 more
	// than 10⁶, which nobody makes against a lock-out, 3 more than 10⁸, which a
	// stolen hash withstands for hours, 4 more than 10¹⁰. 0 does not ask for any.
	Strength int
}

const (
	lower   = "abcdefghijklmnopqrstuvwxyz"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
	symbols = "!@#$%^&*()_+-=[]{};'\\:\"|<>?,./`~"
)

// Required returns the sets that a value of password_requirements stands for, as
// the configuration of the Supabase CLI names them.
func Required(requirements string) ([]string, error) {
	switch requirements {
	case "":
		return nil, nil
	case "letters_digits":
		return []string{lower + upper, digits}, nil
	case "lower_upper_letters_digits":
		return []string{lower, upper, digits}, nil
	case "lower_upper_letters_digits_symbols":
		return []string{lower, upper, digits, symbols}, nil
	}
	return nil, fmt.Errorf("%.40q is none of letters_digits, lower_upper_letters_digits, lower_upper_letters_digits_symbols", requirements)
}

// Judge holds passwords to a policy.
type Judge struct {
	policy Policy
	pool   *Pool
	leaks  *Leaks
}

// NewJudge returns a judge, which takes turns with those who make hashes. leaks
// may be nil: no service is asked then.
func NewJudge(p Policy, pool *Pool, leaks *Leaks) *Judge {
	return &Judge{policy: p, pool: pool, leaks: leaks}
}

// Check tells what is wrong with a password: autherr.WeakPassword with the
// reasons, ErrTooLong, ErrBusy, ErrUnchecked, or the error of a done context. known are texts that an attacker tries first: the
// address, name and phone number of the user, the name of the site.
//
// It takes up to 60 ms of a core (72 bytes made for it), 1 ms as a rule.
func (j *Judge) Check(ctx context.Context, password string, known ...string) error {
	if len(password) > MaxLength {
		return ErrTooLong
	}
	v := verdict{}
	if utf8.RuneCountInString(password) < j.policy.MinLength {
		v.add(ReasonLength, fmt.Sprintf("Password should be at least %d characters.", j.policy.MinLength))
	}
	if !hasEach(password, j.policy.Required) {
		v.add(ReasonCharacters, "Password should contain at least one character of each: "+strings.Join(j.policy.Required, ", ")+".")
	}
	leaked, err := j.leaks.has(ctx, password)
	if err != nil {
		return err
	}
	// A client knows three reasons. Easy to guess is what the third one says.
	weak, err := j.guessable(ctx, password, known)
	if err != nil {
		return err
	}
	if leaked || weak {
		v.add(ReasonPwned, "Password is known to be weak and easy to guess, please choose a different one.")
	}
	return v.err()
}

type verdict struct{ messages, reasons []string }

func (v *verdict) add(reason, message string) {
	v.reasons, v.messages = append(v.reasons, reason), append(v.messages, message)
}

func (v *verdict) err() error {
	if len(v.reasons) == 0 {
		return nil
	}
	return autherr.Weak(strings.Join(v.messages, " "), v.reasons...)
}

func hasEach(password string, sets []string) bool {
	for _, set := range sets {
		if set != "" && !strings.ContainsAny(password, set) {
			return false
		}
	}
	return true
}

// Bounds of the words that a password is compared with: each costs time.
const (
	maxWords    = 40
	maxWordSize = 100 // bytes
)

func (j *Judge) guessable(ctx context.Context, password string, known []string) (bool, error) {
	if j.policy.Strength <= 0 {
		return false, nil
	}
	done, err := j.pool.turn(ctx, j.pool.slots)
	if err != nil {
		return false, err
	}
	defer done()
	return score(password, known) < j.policy.Strength, nil
}

// score is how hard a password is to guess, from 0 to 4.
func score(password string, known []string) int {
	return zxcvbn.PasswordStrength(password, words(known)).Score
}

// words are the texts themselves and what they are made of: of ann.lee@example.com
// also ann, lee, example and com.
func words(known []string) []string {
	var out []string
	for _, text := range known {
		text = strings.ToLower(text)
		parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if local, _, ok := strings.Cut(text, "@"); ok {
			parts = append([]string{local}, parts...)
		}
		for _, word := range append([]string{text}, parts...) {
			if len(word) >= 3 && len(word) <= maxWordSize && len(out) < maxWords {
				out = append(out, word)
			}
		}
	}
	return out
}
