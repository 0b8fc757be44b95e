package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// sign makes an HS256 token of a user that is valid for a day.
func sign(secret, subject, role string) string {
	now := time.Now()
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	claims := base64.RawURLEncoding.EncodeToString(mustJSON(map[string]any{
		"sub": subject, "role": role, "aud": "authenticated", "iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix(),
	}))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(head + "." + claims))
	return head + "." + claims + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
