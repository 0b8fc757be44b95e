package token

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// MinSecret is the least length of a secret in bytes (RFC 7518, section 3.2).
const MinSecret = 32

// wellKnown are secrets that stand in documentation, and that attackers try first.
var wellKnown = []string{
	"super-secret-jwt-token-with-at-least-32-characters-long",
	"your-super-secret-jwt-token-with-at-least-32-characters-long",
	"reallyreallyreallyreallyverysafe",
	"your-256-bit-secret",
	"a-string-secret-at-least-256-bits-long",
	"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
}

// CheckSecret tells what is wrong with a secret: too short, well known, or the
// same few characters over and over.
func CheckSecret(secret string) error {
	switch {
	case len(secret) < MinSecret:
		return fmt.Errorf("it has %d bytes, at least %d are needed", len(secret), MinSecret)
	case slices.Contains(wellKnown, strings.ToLower(strings.TrimSpace(secret))):
		return fmt.Errorf("it is an example that everybody knows")
	case strings.HasPrefix(strings.TrimSpace(secret), "-----BEGIN "):
		return fmt.Errorf("it is a PEM block, and a public key is no secret")
	case distinct(secret) < 8:
		return fmt.Errorf("it has fewer than 8 different characters")
	}
	return nil
}

func distinct(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}

// settingKey is where the secret lies in galley.settings, which no API role may
// read. Value and time are one row: they are made together or not at all.
const settingKey = "auth.jwt_secret"

// lockKey is the advisory lock under which the secret is made.
const lockKey = 0x67616c6c65790001

type storedSecret struct {
	Value    string    `json:"value"`
	IssuedAt time.Time `json:"issued_at"`
}

// LoadSecret returns the database's secret and makes it at the first call. Nodes
// that start at once get the same one: it is made under a lock, and its row has
// one key.
func LoadSecret(ctx context.Context, db database.DB) (SigningSecret, error) {
	s, found, err := readSecret(ctx, db)
	if err != nil || found {
		return s, err
	}
	err = makeSecret(ctx, db)
	if err != nil && fault.Code(err) != fault.UniqueViolation { // another node was first
		return SigningSecret{}, err
	}
	if s, found, err = readSecret(ctx, db); err == nil && !found {
		err = fault.Internal(fmt.Errorf("the secret is gone from galley.settings"))
	}
	return s, err
}

func readSecret(ctx context.Context, db database.DB) (SigningSecret, bool, error) {
	rows, err := database.Collect(db.Query(ctx, database.Session{}, selectSecret))
	if err != nil || len(rows) == 0 {
		return SigningSecret{}, false, err
	}
	var s storedSecret
	if rows[0][0] == nil || json.Unmarshal([]byte(*rows[0][0]), &s) != nil || s.Value == "" {
		return SigningSecret{}, false, fault.Internal(fmt.Errorf("galley.settings holds no readable secret under %s", settingKey))
	}
	return SigningSecret(s), true, nil
}

var selectSecret = database.Statement{
	SQL:  `SELECT value FROM galley.settings WHERE key = $1`,
	Args: database.Args(settingKey),
}

func makeSecret(ctx context.Context, db database.DB) error {
	text, err := json.Marshal(storedSecret{Value: randomSecret(), IssuedAt: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return fault.Internal(err)
	}
	return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		if err := lock(ctx, db, tx); err != nil {
			return err
		}
		rows, err := database.Collect(tx.Query(ctx, selectSecret))
		if err != nil || len(rows) > 0 {
			return err
		}
		_, err = database.Exec(tx.Query(ctx, database.Statement{
			SQL:  `INSERT INTO galley.settings (key, value) VALUES ($1, $2)`,
			Args: database.Args(settingKey, string(text)),
		}))
		return err
	})
}

// lock lets one node at a time make the secret. The embedded engine has one
// writer, and the row's key decides between processes.
func lock(ctx context.Context, db database.DB, tx database.Tx) error {
	if db.Engine() != "postgres" {
		return nil
	}
	_, err := database.Exec(tx.Query(ctx, database.Statement{
		SQL: `SELECT pg_advisory_xact_lock($1)`, Args: database.Args(int64(lockKey)), Types: []string{"int8"},
	}))
	return err
}

// randomSecret returns 48 random bytes as text without characters that a shell
// or a URL would mind.
func randomSecret() string {
	var b [48]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand documentation)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
