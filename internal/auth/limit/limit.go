// Package limit keeps those out who ask too often: rates by address and by account,
// a growing delay and a lock after wrong passwords and codes, and CAPTCHAs.
//
// The counts are rows in the database, so that all nodes share them and a restart
// forgets none. Checks that come at the same time are counted by one statement, in
// the database before they are answered. What a node remembers in memory is
// only who was refused, until when: asking again and again costs nothing.
//
//	l := limit.New(db)
//	err := l.Allow(ctx, limit.Check{Rule: rules.SignIn, Subject: limit.Subject(addr)})
//	attempt, err := l.Attempt(ctx, lockout, "password:"+user.ID)   // autherr, 429: not now
//	// … wrong password: nothing more to do; attempt.Locks tells to send the unlock mail
//	err = l.Reset(ctx, "password:"+user.ID)               // right
//
// Rates are token buckets, kept as one time each (GCRA, ITU-T I.371): the time when
// the bucket is full again.
package limit

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/database"
)

//go:embed sql/tables.sql
var tables string

// Schema is the steps that build the tables, for migrate.Own.
func Schema() []string { return []string{tables} }

// Rate is how often something may happen: Burst times at once, Events times in
// Per in the long run. One without Events is no limit.
type Rate struct {
	Events float64
	Per    time.Duration
	Burst  int // Events, if it is 0
}

// Rule is a limit by name: what is counted under one name is one count.
type Rule struct {
	Name string
	Rate
	// Code and Message are what a client is told; over_request_rate_limit if
	// they are empty.
	Code, Message string
}

// Check asks whether a rule lets a subject do one thing more: an address, an
// account, or "" for the project as a whole.
type Check struct {
	Rule    Rule
	Subject string
}

func (r Rule) exceeded(after time.Duration) *autherr.Error {
	seconds := max(1, int(math.Ceil(after.Seconds())))
	if r.Code == "" {
		return autherr.TooMany(autherr.OverRequestRateLimit, seconds, "Request rate limit reached")
	}
	return autherr.TooMany(r.Code, seconds, "%s", r.Message)
}

// seconds is how long one event takes of the bucket, and what the bucket holds.
func (r Rate) seconds() (step, room float64) {
	burst := float64(r.Burst)
	if r.Burst <= 0 {
		burst = max(1, r.Events)
	}
	step = r.Per.Seconds() / r.Events
	return step, step * burst
}

// Limiter checks limits. It is safe for concurrent use.
type Limiter struct {
	db      database.DB
	refused refusals
	checks  atomic.Int64

	gathering gathering
}

// New returns a limiter over a database that has the tables of Schema.
func New(db database.DB) *Limiter { return &Limiter{db: db} }

// maxChecks bounds the checks of one request.
const maxChecks = 8

// Allow takes one from each of the buckets, or returns a 429 of autherr for one that
// is empty; the others may have lost one then.
func (l *Limiter) Allow(ctx context.Context, checks ...Check) error {
	checks = slices.DeleteFunc(slices.Clone(checks), func(c Check) bool { return c.Rule.Events <= 0 || c.Rule.Per <= 0 })
	if len(checks) == 0 {
		return nil
	}
	if len(checks) > maxChecks {
		return fmt.Errorf("%d limits are checked at once, at most %d", len(checks), maxChecks)
	}
	keys := make(map[string]Check, len(checks))
	for _, c := range checks {
		key := hashed(c.Rule.Name, c.Subject)
		if wait := l.refused.left(key, time.Now()); wait > 0 {
			return c.Rule.exceeded(wait)
		}
		keys[key] = c
	}
	r, places, err := l.count(ctx, keys)
	if err != nil {
		return err
	}
	if err := l.tidy(ctx); err != nil {
		return err
	}
	return r.refusal(keys, places)
}

// refusal tells which check did not pass, and when it may; nil when all did.
func (r *round) refusal(keys map[string]Check, places map[string]int) error {
	var worst *autherr.Error
	for key, c := range keys {
		w := r.wants[key]
		if places[key] < w.granted {
			continue
		}
		if e := c.Rule.exceeded(w.wait); worst == nil || e.RetryAfter > worst.RetryAfter {
			worst = e
		}
	}
	if worst == nil { // no error of a type
		return nil
	}
	return worst
}

// hashed is the key of a row. It does not tell whose it is.
func hashed(name, subject string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + subject))
	return name + ":" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// Bounds of what is removed at once, so that no request pays for others' rows.
const (
	tidyEvery = 256
	tidyRows  = 1024
)

// tidy removes rows that say nothing any more, now and then.
func (l *Limiter) tidy(ctx context.Context) error {
	if l.checks.Add(1)%tidyEvery != 0 {
		return nil
	}
	return l.Clean(ctx)
}

// Clean removes some of the buckets that are full and of the failures that are
// forgotten. Allow does so by itself; a job may do it more often.
func (l *Limiter) Clean(ctx context.Context) error {
	for _, sql := range []string{
		`DELETE FROM galley.auth_limits WHERE key IN (SELECT key FROM galley.auth_limits WHERE full_at <= ` + clock + ` ORDER BY full_at LIMIT $1)`,
		`DELETE FROM galley.auth_attempts WHERE key IN (SELECT key FROM galley.auth_attempts
			WHERE last_at <= ` + clock + ` - ` + fmt.Sprint(forget.Seconds()) + ` AND until <= ` + clock + ` ORDER BY last_at LIMIT $1)`,
	} {
		if _, err := database.Records(ctx, database.Owner{DB: l.db}, sql, tidyRows); err != nil {
			return err
		}
	}
	return nil
}

// Once tells whether this is the first time within a span that something happens to
// a subject: that a code of a TOTP factor is used, for one.
func (l *Limiter) Once(ctx context.Context, name, subject string, within time.Duration) (bool, error) {
	err := l.Allow(ctx, Check{Rule: Rule{Name: name, Rate: Rate{Events: 1, Per: within}}, Subject: subject})
	if e, ok := errors.AsType[*autherr.Error](err); ok && e.Status == http.StatusTooManyRequests {
		return false, nil
	}
	return err == nil, err
}
