// Package person is what a person may ask for of everything that is kept about
// them (GDPR, articles 15, 17 and 20): an export, and to be erased.
//
//	s := person.New(person.Config{DB: db, Key: key})
//	everything, err := s.Export(ctx, id)
//	report, err := s.Erase(ctx, id, person.Options{DryRun: true})
//
// Theirs are the account, the rows that refer to auth.users by a foreign key, the
// rows that are parts of those (foreign keys ON DELETE CASCADE, at any depth), mail
// and SMS to their addresses, jobs that name them, and what the audit log says of
// them. A row that only mentions one of theirs, without CASCADE, is somebody else's.
//
// Erasing follows the foreign keys' own rules: rows are deleted with the account, or
// lose the reference (SET NULL, SET DEFAULT), or stand in its way (RESTRICT, NO
// ACTION). Then it is refused with a list of them, unless they are to be deleted too.
// Entries of the audit log stay, under a pseudonym: the same for the same person,
// which nobody can turn back without the project's secret.
package person

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Config is what the service needs.
type Config struct {
	DB  database.DB
	Key []byte // that pseudonyms are made with
	Now func() time.Time
}

// Service exports and erases. It may be used from any goroutine.
type Service struct{ config Config }

// New returns a service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{c}
}

// Bounds of what one person may have; who has more needs a procedure of their own.
const (
	maxRows  = 100_000
	maxBytes = 256 << 20
)

func tooMuch() error {
	return fault.New("54000", "the person has more than %d rows or %d MiB", maxRows, maxBytes>>20)
}

// Pseudonym stands for a person in the audit log: a UUID (RFC 9562, version 8).
func (s *Service) Pseudonym(id string) string {
	mac := hmac.New(sha256.New, s.config.Key)
	mac.Write([]byte(id))
	b := mac.Sum(nil)
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Rows are those of a table.
type Rows struct {
	Table string            `json:"table"` // schema.name
	Rows  []json.RawMessage `json:"rows"`
}

// Export is everything about a person. Hashes of passwords and codes, tokens and
// secrets of factors are not theirs to carry, and left out.
type Export struct {
	ExportedAt time.Time         `json:"exported_at"`
	User       json.RawMessage   `json:"user"`
	Account    map[string][]any  `json:"account"` // identities, sessions, factors, passkeys
	Tables     []Rows            `json:"tables"`
	Messages   []json.RawMessage `json:"messages"` // mail and SMS to their addresses
	Suppressed []json.RawMessage `json:"suppressed"`
	Inbox      []json.RawMessage `json:"inbox"`
	Jobs       []json.RawMessage `json:"jobs"` // that name them, without payload
	Audit      []json.RawMessage `json:"audit"`
}

// Options say how to erase.
type Options struct {
	DryRun  bool        // find out what would happen
	Cascade bool        // delete rows that stand in the way too
	Actor   *store.User // who does it, for the audit log; nil for nobody
	IP      string
}

// Count is a number of rows of a table.
type Count struct {
	Table      string `json:"table"`
	Constraint string `json:"constraint,omitempty"` // the foreign key, where there is one
	Rows       int64  `json:"rows"`
}

// Report is what erasing did, or would do.
type Report struct {
	Pseudonym string  `json:"pseudonym"`
	DryRun    bool    `json:"dry_run"`
	Deleted   []Count `json:"deleted"`
	Detached  []Count `json:"detached"`      // rows that stay and lose the reference
	Blocking  []Count `json:"blocking"`      // rows that stand in the way; with them nothing was done
	Running   []int64 `json:"running_jobs"`  // that name the person, and end by themselves
	Audit     int64   `json:"audit_entries"` // that bear the pseudonym now
}

// NotFound is the error for nobody.
func notFound(id string) error { return fault.New("P0002", "there is no user %s", id) }

// subject is a person and what they are known by.
type subject struct {
	user    *store.User
	needles []string // the id, addresses and numbers, in lower case
}

func subjectOf(u *store.User) subject {
	out := subject{user: u}
	seen := map[string]bool{"": true}
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			out.needles = append(out.needles, text)
		}
	}
	add(u.ID)
	for _, text := range []string{u.Email, u.Phone, u.EmailChange, u.PhoneChange} {
		add(lower(text))
	}
	for _, i := range u.Identities {
		add(lower(i.Email))
	}
	for _, f := range u.Factors {
		add(f.Phone)
	}
	return out
}

// addresses are those that messages went to.
func (s subject) addresses() []string { return s.needles[1:] }

func (s *Service) find(ctx context.Context, q database.Querier, id string) (subject, error) {
	u, err := store.UserByID(ctx, q, id)
	if err == nil && u == nil {
		err = notFound(id)
	}
	if err != nil {
		return subject{}, err
	}
	return subjectOf(u), nil
}
