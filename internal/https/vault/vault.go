// Package vault keeps certificates, their private keys and accounts at a certificate
// authority in the project's database, so that all nodes share them and a restart finds
// them. They are sealed: a copy of the database alone gives no key away. A Vault is a
// certmagic.Storage.
//
//	v := vault.New(vault.Config{DB: db, Secret: secret})
//	err := v.Store(ctx, "certificates/acme/app.example.org.crt", pem)
package vault

import (
	"context"
	"crypto/rand"
	_ "embed" // the tables
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/seal"
)

//go:embed tables.sql
var tables string

// Part is the vault's tables, for migrate.Own.
func Part() migrate.Part { return migrate.Part{Name: "https", Steps: []string{tables}} }

// Config is what a vault needs to know.
type Config struct {
	DB     database.DB
	Secret string       // the project's
	Logger *slog.Logger // nil means slog.Default
	Lease  time.Duration
}

// lease is how long a lock outlives the node that holds it.
const lease = time.Minute

// patience bounds what one access to the database may take.
const patience = 15 * time.Second

const purpose = "galley https: certificates"

// Vault is safe for use by several goroutines.
type Vault struct {
	config Config
	holder string // this node

	mu   sync.Mutex
	held map[string]func() // how to stop renewing a lock
}

var (
	_ certmagic.Storage   = (*Vault)(nil)
	_ certmagic.TryLocker = (*Vault)(nil)
)

// New returns a vault, whose tables must be there.
func New(c Config) *Vault {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Lease == 0 {
		c.Lease = lease
	}
	return &Vault{config: c, holder: rand.Text(), held: map[string]func(){}}
}

// String keeps the secret out of logs.
func (v *Vault) String() string { return "the project's database" }

func (v *Vault) owner() database.Owner { return database.Owner{DB: v.config.DB} }

// Store implements certmagic.Storage.
func (v *Vault) Store(ctx context.Context, key string, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return database.Run(ctx, v.owner(), `insert into galley.https_files (key, sealed, size) values ($1, $2, $3)
		on conflict (key) do update set sealed = excluded.sealed, size = excluded.size, modified_at = now()`,
		key, seal.Seal(v.config.Secret, purpose, key, value), len(value))
}

// Load implements certmagic.Storage. What another secret sealed is not there: the
// certificate is asked for anew, rather than the site be without one.
func (v *Vault) Load(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := database.Records(ctx, v.owner(), `select sealed from galley.https_files where key = $1`, key)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, missing(key)
	}
	plain, err := seal.Unseal(v.config.Secret, purpose, key, rows[0].Text(0))
	if err != nil {
		v.config.Logger.WarnContext(ctx, "https: what is stored cannot be opened, and is asked for anew", "key", key, "error", err)
		return nil, missing(key)
	}
	return plain, nil
}

func missing(key string) error { return fmt.Errorf("%s: %w", key, fs.ErrNotExist) }

// below is the condition for keys in a folder: a comparison of text would depend on
// the database's collation.
const below = `left(key, length($1)) = $1`

func folder(path string) string {
	if path = strings.Trim(path, "/"); path == "" {
		return ""
	}
	return path + "/"
}

// Delete implements certmagic.Storage.
func (v *Vault) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return database.Run(ctx, v.owner(), `delete from galley.https_files where key = $2 or `+below, key+"/", key)
}

// Exists implements certmagic.Storage.
func (v *Vault) Exists(ctx context.Context, key string) bool {
	_, err := v.Stat(ctx, key)
	return err == nil
}

// List implements certmagic.Storage.
func (v *Vault) List(ctx context.Context, path string, recursive bool) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	prefix := folder(path)
	rows, err := database.Records(ctx, v.owner(), `select key from galley.https_files where `+below, prefix)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		rest := strings.Split(strings.TrimPrefix(r.Text(0), prefix), "/")
		last := 1
		if recursive {
			last = len(rest)
		}
		for i := 1; i <= last; i++ {
			out = append(out, prefix+strings.Join(rest[:i], "/"))
		}
	}
	if len(out) == 0 && prefix != "" {
		return nil, missing(path)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Stat implements certmagic.Storage.
func (v *Vault) Stat(ctx context.Context, key string) (certmagic.KeyInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := database.Records(ctx, v.owner(), `select key, modified_at, size from galley.https_files where key = $2 or `+below+` limit 1`, key+"/", key)
	if err != nil {
		return certmagic.KeyInfo{}, err
	}
	if len(rows) == 0 {
		return certmagic.KeyInfo{}, missing(key)
	}
	if rows[0].Text(0) != key {
		return certmagic.KeyInfo{Key: key}, nil
	}
	return certmagic.KeyInfo{Key: key, Modified: rows[0].Time(1), Size: rows[0].Int(2), IsTerminal: true}, nil
}
