package transport

import (
	"encoding/base64"
	"strings"
	"testing"
)

func unbase64(t *testing.T, raw []byte) []byte {
	t.Helper()
	out, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
