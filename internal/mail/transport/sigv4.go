package transport

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
)

// AWSKey is an access key of AWS.
type AWSKey struct {
	ID, Secret, Token string // Token of temporary credentials only
	Region            string
}

// signed is a request to be signed. path and query are in their canonical form.
type signed struct {
	method, host, path, query string
	header                    map[string]string
	body                      []byte
	service                   string
	at                        time.Time
}

// sign adds the headers X-Amz-Date, X-Amz-Security-Token and Authorization to a
// request: Signature Version 4 (AWS documentation, "Create a signed AWS API
// request"). All headers that it has by then are signed.
func (k AWSKey) sign(r signed) {
	stamp := r.at.UTC().Format("20060102T150405Z")
	r.header["X-Amz-Date"] = stamp
	if k.Token != "" {
		r.header["X-Amz-Security-Token"] = k.Token
	}
	lines := map[string]string{"host": r.host}
	for name, value := range r.header {
		lines[strings.ToLower(name)] = strings.Join(strings.Fields(value), " ")
	}
	names := slices.Sorted(maps.Keys(lines))
	request := []string{r.method, r.path, r.query}
	for _, name := range names {
		request = append(request, name+":"+lines[name])
	}
	list := strings.Join(names, ";")
	request = append(request, "", list, hash(r.body))
	scope := strings.Join([]string{stamp[:8], k.Region, r.service, "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", stamp, scope, hash([]byte(strings.Join(request, "\n")))}, "\n")
	secret := []byte("AWS4" + k.Secret)
	for _, part := range strings.Split(scope, "/") {
		secret = mac(secret, part)
	}
	r.header["Authorization"] = "AWS4-HMAC-SHA256 Credential=" + k.ID + "/" + scope + ", SignedHeaders=" + list +
		", Signature=" + hex.EncodeToString(mac(secret, text))
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
