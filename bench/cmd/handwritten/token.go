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

// owner returns whom the request's bearer token names: nobody when the token is
// missing, not ours, or expired.
func owner(r *http.Request, secret []byte) caller {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return caller{}
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return caller{}
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(token[:dot]))
	sum, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return caller{}
	}
	head, payload, _ := strings.Cut(token[:dot], ".")
	var header struct{ Alg string }
	var claims struct {
		Sub string
		Exp int64
	}
	_, known := decode(head, &header)
	raw, ok := decode(payload, &claims)
	if !known || header.Alg != "HS256" || !ok || claims.Exp < time.Now().Unix() {
		return caller{}
	}
	return caller{claims.Sub, string(raw)}
}

func decode(part string, v any) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return raw, err == nil && json.Unmarshal(raw, v) == nil
}
