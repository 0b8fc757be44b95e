package limit

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Lockout says what wrong passwords and codes lead to.
type Lockout struct {
	Free  int           // wrong ones without a delay
	Delay time.Duration // after the next one, doubled after each
	Most  time.Duration // that a delay grows to
	After int           // wrong ones that lock the account; 0 never does
	For   time.Duration // how long it stays locked at first, and twice as long after each further one
}

// NewLockout is what the settings lock_after and lock_for mean: the fifth attempt is
// delayed by a second, the sixth by two, and so on up to lockFor.
func NewLockout(lockAfter int, lockFor time.Duration) Lockout {
	return Lockout{Free: 3, Delay: time.Second, Most: lockFor, After: lockAfter, For: lockFor}
}

// longest is how long an account is locked at most.
const longest = 24 * time.Hour

// forget is how long wrong ones count, from the last of them on.
const forget = 24 * time.Hour

// Attempt is one that may be made now.
type Attempt struct {
	Count int // attempts since one was right, this one included
	// Locks tells that this one, if it is wrong, has locked the account: the time
	// for the mail that lets its owner in. It is so for one attempt only.
	Locks bool
	// Until is how long no other attempt is made, unless this one is right.
	Until time.Duration
}

// Attempt counts an attempt at an account, before it is known whether it is right,
// so that a thousand at once are no more than one after the other. A 429 of
// autherr tells that none may be made now. After a right one comes Reset.
func (l *Limiter) Attempt(ctx context.Context, o Lockout, account string) (Attempt, error) {
	key, rule := hashed("attempt", account), Rule{Name: "attempt"}
	rows, err := database.Records(ctx, database.Owner{DB: l.db}, attemptSQL, key, o.Free, o.Delay.Seconds(), o.Most.Seconds(),
		o.After, o.For.Seconds(), forget.Seconds(), longest.Seconds())
	if err != nil {
		return Attempt{}, err
	}
	if len(rows) == 0 {
		return Attempt{}, l.locked(ctx, key, rule)
	}
	if err := l.tidy(ctx); err != nil {
		return Attempt{}, err
	}
	a := Attempt{Count: int(rows[0].Int(0))}
	a.Until, _ = rows[0].Seconds(1)
	a.Until = max(a.Until, 0)
	a.Locks = o.After > 0 && a.Count == o.After
	return a, nil
}

// locked tells until when. There is no memory here of who is refused: Reset on
// another node opens an account at once.
func (l *Limiter) locked(ctx context.Context, key string, rule Rule) error {
	rows, err := database.Records(ctx, database.Owner{DB: l.db}, `SELECT until - `+clock+` FROM galley.auth_attempts WHERE key = $1`, key)
	if err != nil {
		return err
	}
	var wait time.Duration
	if len(rows) > 0 {
		wait, _ = rows[0].Seconds(0)
	}
	return rule.exceeded(wait)
}

// attemptSQL counts: $1 key, $2 free, $3 delay, $4 most, $5 after, $6 for,
// $7 forget, $8 longest.
const attemptSQL = `INSERT INTO galley.auth_attempts AS a (key, failures, last_at, until)
	VALUES ($1::text, 1, ` + clock + `, ` + clock + ` + CASE
		WHEN $5::integer > 0 AND 1 >= $5::integer THEN least($6::double precision, $8::double precision)
		WHEN 1 > $2::integer THEN least($3::double precision, $4::double precision) ELSE 0 END)
	ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at,
		failures = ` + counted + `,
		until = excluded.last_at + CASE
			WHEN $5::integer > 0 AND ` + counted + ` >= $5::integer THEN least($6::double precision * power(2::double precision, least(` + counted + ` - $5::integer, 30)), $8::double precision)
			WHEN ` + counted + ` > $2::integer THEN least($3::double precision * power(2::double precision, least(` + counted + ` - $2::integer - 1, 30)), $4::double precision)
			ELSE 0 END
	WHERE a.until <= excluded.last_at
	RETURNING failures, until - last_at`

const counted = `(CASE WHEN a.last_at + $7::double precision < excluded.last_at THEN 1 ELSE least(a.failures, 1000000) + 1 END)`

// Reset forgets the wrong attempts at an account: after a right one, and when its
// owner opens it by mail.
func (l *Limiter) Reset(ctx context.Context, account string) error {
	_, err := database.Records(ctx, database.Owner{DB: l.db}, `DELETE FROM galley.auth_attempts WHERE key = $1`, hashed("attempt", account))
	return err
}
