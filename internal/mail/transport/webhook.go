package transport

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// SignWebhook is the signature of a message by Standard Webhooks
// (standardwebhooks.com): v1, and the HMAC-SHA256 of its id, its time and its
// body. The secret is whsec_ and base64.
func SignWebhook(secret, id, stamp string, body []byte) (string, error) {
	secret = strings.TrimPrefix(strings.TrimPrefix(secret, "v1,"), "whsec_")
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + stamp + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}
