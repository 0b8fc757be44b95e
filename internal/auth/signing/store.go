package signing

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// errNoKey says that the database has no key to sign with that can be opened.
var errNoKey = errors.New("no signing key")

// load reads the keys.
func (k *Keys) load(ctx context.Context) error {
	rows, err := database.Records(ctx, database.Owner{DB: k.config.DB}, "select id, state, public, private from galley.auth_signing_keys order by created_at desc")
	if err != nil {
		return err
	}
	var all []PrivateKey
	var active PrivateKey
	for _, r := range rows {
		key := PrivateKey{ID: r.Text(0), Algorithm: token.ES256}
		if err := json.Unmarshal([]byte(r.Text(2)), &key.jwk); err != nil {
			return fault.Internal(fmt.Errorf("the signing key %s: %w", key.ID, err))
		}
		if key.public, err = key.jwk.ecdsa(); err != nil {
			return fault.Internal(fmt.Errorf("the signing key %s: %w", key.ID, err))
		}
		if r.Text(1) == inUse {
			if key.private, err = k.open(key.ID, r.Text(3)); err == nil {
				active = key
			}
		}
		all = append(all, key)
	}
	if active.private == nil {
		return errNoKey
	}
	k.replace(active, all)
	return nil
}

// make adds a key in use and one that stands by, in the place of those that cannot
// be opened.
func (k *Keys) make(ctx context.Context) error {
	return k.change(ctx, func(tx database.Tx) error {
		if err := k.lock(ctx, tx); err != nil {
			return err
		}
		rows, err := database.Records(ctx, tx, "select id, private from galley.auth_signing_keys where state = 'in_use'")
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if _, err := k.open(rows[0].Text(0), rows[0].Text(1)); err == nil {
				return nil // another node made it
			}
		}
		if err := exec(ctx, tx, "update galley.auth_signing_keys set state = 'previously_used', changed_at = now() where state <> 'previously_used'"); err != nil {
			return err
		}
		return errors.Join(k.add(ctx, tx, inUse), k.add(ctx, tx, standby))
	})
}

// Rotate puts the key that stands by in use and makes another one. What was signed
// until now goes on to be valid.
func (k *Keys) Rotate(ctx context.Context) error {
	if err := k.own(); err != nil {
		return err
	}
	err := k.change(ctx, func(tx database.Tx) error {
		if err := k.lock(ctx, tx); err != nil {
			return err
		}
		rows, err := database.Records(ctx, tx, "select id, private from galley.auth_signing_keys where state = 'standby'")
		if err != nil {
			return err
		}
		next := inUse // when there is none that can be opened
		if len(rows) > 0 {
			if _, err := k.open(rows[0].Text(0), rows[0].Text(1)); err == nil {
				next = standby
			}
		}
		retire := "update galley.auth_signing_keys set state = 'previously_used', changed_at = now() where state = 'in_use'"
		if next == inUse {
			retire += " or state = 'standby'"
		}
		if err := exec(ctx, tx, retire); err != nil {
			return err
		}
		if next == inUse {
			return errors.Join(k.add(ctx, tx, inUse), k.add(ctx, tx, standby))
		}
		if err := exec(ctx, tx, "update galley.auth_signing_keys set state = 'in_use', changed_at = now() where state = 'standby'"); err != nil {
			return err
		}
		return k.add(ctx, tx, standby)
	})
	if err != nil {
		return err
	}
	return k.load(ctx)
}

// Forget removes keys that have not been used for a time, 0 for all that are used no
// more, and returns their ids. What they signed is refused: at once by this node, and
// by others when they read the keys again.
func (k *Keys) Forget(ctx context.Context, unused time.Duration) ([]string, error) {
	if err := k.own(); err != nil {
		return nil, err
	}
	rows, err := database.Records(ctx, database.Owner{DB: k.config.DB}, `delete from galley.auth_signing_keys
		where state = 'previously_used' and changed_at <= now() - make_interval(secs => $1::float8) returning id`, unused.Seconds())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Text(0))
	}
	return ids, k.load(ctx)
}

// own refuses to change keys that are a file's.
func (k *Keys) own() error {
	if len(k.config.Keys) > 0 {
		return fault.New(fault.InvalidParameter, "the signing keys are those of auth.signing_keys_path: change them there")
	}
	return nil
}

// Key is one of the keys, as people see it.
type Key struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm"`
	State     string `json:"state"` // in_use, standby or previously_used
	CreatedAt string `json:"created_at,omitempty"`
	ChangedAt string `json:"changed_at,omitempty"` // when it came into its state
}

// List lists the keys, the one in use first, then the one that stands by.
func (k *Keys) List(ctx context.Context) ([]Key, error) {
	var out []Key
	for i, key := range k.config.Keys {
		state := previouslyUsed
		if i == 0 {
			state = inUse
		}
		out = append(out, Key{ID: key.ID, Algorithm: key.Algorithm, State: state})
	}
	if len(out) > 0 {
		return out, nil
	}
	rows, err := database.Records(ctx, database.Owner{DB: k.config.DB}, `select id, state,
		to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
		from galley.auth_signing_keys order by case state when 'in_use' then 0 when 'standby' then 1 else 2 end, changed_at desc, id`)
	for _, r := range rows {
		out = append(out, Key{ID: r.Text(0), Algorithm: token.ES256, State: r.Text(1), CreatedAt: r.Text(2), ChangedAt: r.Text(3)})
	}
	return out, err
}

func (k *Keys) change(ctx context.Context, do func(database.Tx) error) error {
	return database.InTx(ctx, k.config.DB, database.Session{}, database.TxOptions{}, do)
}

// lock lets one node at a time change keys. The embedded engine has one writer.
func (k *Keys) lock(ctx context.Context, tx database.Tx) error {
	if k.config.DB.Engine() != "postgres" {
		return nil
	}
	return exec(ctx, tx, "lock table galley.auth_signing_keys in exclusive mode")
}

// add makes a key.
func (k *Keys) add(ctx context.Context, tx database.Tx, state string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fault.Internal(err)
	}
	id := newID()
	jwk, err := ecJWK(id, &private.PublicKey)
	if err != nil {
		return err
	}
	public, err := json.Marshal(jwk)
	if err != nil {
		return fault.Internal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fault.Internal(err)
	}
	return exec(ctx, tx, "insert into galley.auth_signing_keys (id, state, public, private) values ($1, $2, $3, $4)",
		id, state, string(public), Seal(k.config.Secret, sealed, id, der))
}

func exec(ctx context.Context, q database.Querier, sql string, args ...any) error {
	_, err := database.Exec(q.Query(ctx, database.Statement{SQL: sql, Args: database.Args(args...)}))
	return err
}
