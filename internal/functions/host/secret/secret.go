// Package secret keeps the secrets of functions: what Deno.env.get and galley's
// secrets.get give. They lie sealed in the database, so that all nodes have them
// and a copy of the database alone gives none away.
//
//	store := secret.New(secret.Config{DB: db, Secret: project, Preset: map[string]string{"SUPABASE_URL": url}})
//	err := store.Set(ctx, map[string]string{"STRIPE_KEY": "sk_…"})
//	value, ok := store.Get(ctx, "STRIPE_KEY")
//
// What is set on one node is seen by the others within Fresh. In development a file
// of NAME=value lines, functions/.env, comes before the database.
package secret

import (
	"context"
	"crypto/rand"
	_ "embed" // the table
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/seal"
)

//go:embed tables.sql
var tables string

// Schema is the steps that build the table of this package, for migrate.Own.
func Schema() []string { return []string{tables} }

// Config is what the store needs to know.
type Config struct {
	DB     database.DB
	Secret string                       // the project's
	Preset map[string]string            // what Galley itself sets; nothing else can
	URL    func() string                // where the server is, once it listens: SUPABASE_URL and GALLEY_URL, unless preset; nil sets neither
	Keys   func(context.Context) string // the public keys of access tokens, as a JSON Web Key Set: SUPABASE_JWKS; nil or "" sets none
	File   string                       // of a developer's machine; "" is none. It may be missing
	Logger *slog.Logger                 // nil means slog.Default
	Now    func() time.Time
}

// Bounds of what is kept.
const (
	MaxSecrets = 200
	MaxValue   = 48 << 10 // bytes
	maxFile    = 1 << 20  // bytes
)

// Fresh is how long after a change another node may still give what was before.
const Fresh = 2 * time.Second

// patience bounds how long a function waits for the database.
const patience = 5 * time.Second

// Store gives secrets. Its methods may be called from any goroutine.
type Store struct {
	config Config

	mu       sync.Mutex
	values   map[string]string
	revision string // of values; every change makes another
	keys     string // of Config.Keys
	looked   time.Time
	modified time.Time // of the file
	warned   map[string]bool
}

// New returns a store, which reads the database when it is first asked.
func New(c Config) *Store {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{config: c, warned: map[string]bool{}}
}

// Get gives a secret.
func (s *Store) Get(ctx context.Context, name string) (string, bool) {
	v, ok := s.Values(ctx)[name]
	return v, ok
}

// Values gives every secret by name, read again when they may be old. They stay when
// the database does not answer. The map is shared: it must not be changed.
func (s *Store) Values(ctx context.Context) map[string]string { return s.current(ctx, Fresh) }

// Known is Values without looking whether there are others now, but for the first
// time.
func (s *Store) Known(ctx context.Context) map[string]string { return s.current(ctx, math.MaxInt64) }

func (s *Store) current(ctx context.Context, fresh time.Duration) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.config.Now(); s.values == nil || now.Sub(s.looked) >= fresh {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if err := s.look(ctx); err != nil {
			s.config.Logger.WarnContext(ctx, "functions: the secrets were not read again", "error", err)
		} else {
			s.looked = now
		}
		if s.config.Keys != nil {
			s.keys = s.config.Keys(ctx)
		}
	}
	if s.values == nil {
		return s.located(s.config.Preset)
	}
	s.values = s.located(s.values)
	return s.values
}

// located gives values with the server's address and its keys, in a map of their own
// where they are not in them yet.
func (s *Store) located(values map[string]string) map[string]string {
	const galley = "GALLEY_URL"
	url := ""
	if s.config.URL != nil && s.config.Preset[galley] == "" {
		url = s.config.URL()
	}
	ours := [...][2]string{{galley, url}, {"SUPABASE_URL", url}, {"SUPABASE_JWKS", s.keys}}
	own := false
	for _, one := range ours {
		if one[1] == "" || values[one[0]] == one[1] {
			continue
		}
		if !own {
			values, own = maps.Clone(values), true
		}
		if values == nil {
			values = map[string]string{}
		}
		values[one[0]] = one[1]
	}
	return values
}

// revisionKey is where galley.settings says that something has changed.
const revisionKey = "functions.secrets"

// look reads the secrets if they have changed.
func (s *Store) look(ctx context.Context) error {
	q := database.Owner{DB: s.config.DB}
	rows, err := database.Records(ctx, q, "select value from galley.settings where key = $1", revisionKey)
	if err != nil {
		return err
	}
	revision := "none"
	if len(rows) > 0 {
		revision = rows[0].Text(0)
	}
	modified := s.fileTime()
	if s.values != nil && revision == s.revision && modified.Equal(s.modified) {
		return nil
	}
	values, err := s.read(ctx, q)
	if err == nil {
		s.values, s.revision, s.modified = values, revision, modified
	}
	return err
}

func (s *Store) fileTime() time.Time {
	if s.config.File == "" {
		return time.Time{}
	}
	info, err := os.Stat(s.config.File)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// read opens all secrets. One that cannot be opened, because the project's secret
// is another now, is left out and told of.
func (s *Store) read(ctx context.Context, q database.Querier) (map[string]string, error) {
	rows, err := database.Records(ctx, q, "select name, sealed from galley.function_secrets")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, r := range rows {
		plain, err := seal.Unseal(s.config.Secret, purpose, r.Text(0), r.Text(1))
		if err != nil {
			s.warnOnce(ctx, r.Text(0), "functions: a secret cannot be opened; set it again", "error", err)
			continue
		}
		out[r.Text(0)] = string(plain)
	}
	maps.Copy(out, s.fromFile(ctx))
	maps.Copy(out, s.config.Preset)
	return out, nil
}

func (s *Store) fromFile(ctx context.Context) map[string]string {
	if s.config.File == "" {
		return nil
	}
	info, err := os.Stat(s.config.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var raw []byte
	if err == nil && info.Size() > maxFile {
		err = fault.New(fault.InvalidParameter, "it has more than %d bytes", maxFile)
	}
	if err == nil {
		raw, err = os.ReadFile(s.config.File)
	}
	var out map[string]string
	if err == nil {
		out, err = Parse(string(raw))
	}
	if err != nil {
		s.config.Logger.WarnContext(ctx, "functions: the file of secrets cannot be read", "file", s.config.File, "error", err)
	}
	return out
}

func (s *Store) warnOnce(ctx context.Context, about, message string, args ...any) {
	if !s.warned[about] {
		s.warned[about] = true
		s.config.Logger.WarnContext(ctx, message, append([]any{"secret", about}, args...)...)
	}
}

const purpose = "galley functions: secrets"

// Set seals and keeps secrets, all or none of them. What is there by the same name
// is replaced.
func (s *Store) Set(ctx context.Context, values map[string]string) error {
	names := slices.Sorted(maps.Keys(values))
	for _, name := range names {
		if err := s.check(name, values[name]); err != nil {
			return err
		}
	}
	return s.change(ctx, func(tx database.Tx) error {
		for _, name := range names {
			err := database.Run(ctx, tx, `insert into galley.function_secrets (name, sealed) values ($1, $2)
				on conflict (name) do update set sealed = excluded.sealed, updated_at = now()`,
				name, seal.Seal(s.config.Secret, purpose, name, []byte(values[name])))
			if err != nil {
				return err
			}
		}
		rows, err := database.Records(ctx, tx, "select count(*) from galley.function_secrets")
		if err == nil && rows[0].Int(0) > MaxSecrets {
			err = fault.New(fault.InvalidParameter, "there would be %d secrets, at most %d", rows[0].Int(0), MaxSecrets)
		}
		return err
	})
}

func (s *Store) check(name, value string) error {
	switch {
	case !isName(name):
		return fault.New(fault.InvalidParameter, "%.100q is no name of a secret", name).
			WithHint("Letters, digits and underscores, at most %d, the first no digit.", maxName)
	case Reserved(name):
		return fault.New(fault.InvalidParameter, "%s is set by Galley: names that begin with SUPABASE_ or GALLEY_ are reserved", name)
	case len(value) > MaxValue:
		return fault.New(fault.InvalidParameter, "the secret %s has %d bytes, at most %d", name, len(value), MaxValue)
	}
	return nil
}

// Reserved tells whether a name is Galley's to set.
func Reserved(name string) bool {
	return strings.HasPrefix(name, "SUPABASE_") || strings.HasPrefix(name, "GALLEY_")
}

// change runs do in a transaction that tells all nodes of it.
func (s *Store) change(ctx context.Context, do func(database.Tx) error) error {
	err := database.InTx(ctx, s.config.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		// First, so that two who change secrets wait for each other here.
		err := database.Run(ctx, tx, `insert into galley.settings (key, value) values ($1, $2)
			on conflict (key) do update set value = excluded.value`, revisionKey, rand.Text())
		if err != nil {
			return err
		}
		return do(tx)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = time.Time{}
	return err
}

// Secret is what can be seen of one.
type Secret struct {
	Name      string    `json:"name"`
	UpdatedAt time.Time `json:"updated_at"`
}

// List names the secrets of the database, in order.
func (s *Store) List(ctx context.Context) ([]Secret, error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.config.DB}, "select name, updated_at from galley.function_secrets order by name")
	out := make([]Secret, len(rows))
	for i, r := range rows {
		out[i] = Secret{Name: r.Text(0), UpdatedAt: r.Time(1)}
	}
	return out, err
}

// Unset deletes secrets. One that is not there is an error of status 404, and none
// is deleted then.
func (s *Store) Unset(ctx context.Context, names ...string) error {
	return s.change(ctx, func(tx database.Tx) error {
		for _, name := range names {
			rows, err := database.Records(ctx, tx, "delete from galley.function_secrets where name = $1 returning name", name)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				return fault.New(fault.UndefinedObject, "there is no secret %.100q", name).WithStatus(404)
			}
		}
		return nil
	})
}
