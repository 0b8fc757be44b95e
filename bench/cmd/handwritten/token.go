package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// owner returns the subject of the request's bearer token, or "" when the token
// is missing, not ours, or expired.
func owner(r *http.Request, secret []byte) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return ""
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(token[:dot]))
	sum, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return ""
	}
	head, payload, _ := strings.Cut(token[:dot], ".")
	var header struct{ Alg string }
	var claims struct {
		Sub string
		Exp int64
	}
	if !decode(head, &header) || header.Alg != "HS256" || !decode(payload, &claims) || claims.Exp < time.Now().Unix() {
		return ""
	}
	return claims.Sub
}

func decode(part string, v any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, v) == nil
}
