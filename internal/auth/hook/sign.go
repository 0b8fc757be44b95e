package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// secret is a symmetric key of Standard Webhooks.
type secret []byte

// Bounds of a key in bytes (Standard Webhooks, "Signature scheme").
const (
	minSecret = 24
	maxSecret = 64
)

// parseSecrets reads keys as the Supabase CLI has them, separated by |. There is at
// least one: a call without a signature could be anybody's.
func parseSecrets(text string) ([]secret, error) {
	var out []secret
	for part := range strings.SplitSeq(text, "|") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		s, err := parseSecret(part)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, errors.New("it has no secret to sign calls with: secrets = \"v1,whsec_…\"")
	}
	return out, nil
}

func parseSecret(text string) (secret, error) {
	if strings.HasPrefix(text, "v1a,") {
		return nil, errors.New("asymmetric keys (v1a) are not supported: use v1,whsec_…")
	}
	encoded, ok := strings.CutPrefix(text, "v1,whsec_")
	if !ok {
		return nil, errors.New("a secret does not begin with v1,whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("a secret is not in base64")
	}
	if len(key) < minSecret || len(key) > maxSecret {
		return nil, fmt.Errorf("a secret has %d bytes, not from %d to %d", len(key), minSecret, maxSecret)
	}
	return key, nil
}

// sign is the header webhook-signature: one signature for each key, so that keys can
// be changed while both are known.
func sign(secrets []secret, id string, at time.Time, body []byte) string {
	list := make([]string, len(secrets))
	for i, key := range secrets {
		mac := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		_, _ = mac.Write(body)
		list[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(list, " ")
}
