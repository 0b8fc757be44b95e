package call

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// minSecret is how many bytes a secret has at least (Standard Webhooks).
const minSecret = 24

// sign adds the headers by which the receiver knows who calls and that nothing was
// changed (https://www.standardwebhooks.com). The id is the same at each attempt,
// so that the receiver can tell a repetition. A secret is base64 after "whsec_";
// while one replaces another there are two, with a space between.
func sign(h http.Header, secrets, id string, at time.Time, body []byte) error {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var out []string
	for secret := range strings.FieldsSeq(secrets) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		switch {
		case err != nil:
			return errors.New("it is not whsec_ and base64")
		case len(key) < minSecret:
			return fmt.Errorf("it has %d bytes, at least %d", len(key), minSecret)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if len(out) == 0 {
		return errors.New("it is empty")
	}
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", strings.Join(out, " "))
	return nil
}

// Secrets finds secrets by name in galley.secrets. One that is not there may be
// there at the next attempt.
func Secrets(db database.DB) func(ctx context.Context, name string) (string, error) {
	return func(ctx context.Context, name string) (string, error) {
		rows, err := database.Collect(db.Query(ctx, database.Session{}, database.Statement{
			SQL: `SELECT value FROM galley.secrets WHERE name = $1`, Args: database.Args(name)}))
		switch {
		case err != nil:
			return "", err
		case len(rows) == 0:
			return "", fmt.Errorf("galley.secrets holds nothing named %q", name)
		}
		return *rows[0][0], nil
	}
}
