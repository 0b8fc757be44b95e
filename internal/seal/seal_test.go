package seal

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestSeal holds that what is sealed opens for what it was sealed for, and for
// nothing else.
func TestSeal(t *testing.T) {
	text := Seal("a secret", "purpose", "id", []byte("plain"))
	if strings.Contains(text, "plain") || text == Seal("a secret", "purpose", "id", []byte("plain")) {
		t.Error("it can be read, or told from another")
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	changed := base64.RawStdEncoding.EncodeToString(raw)
	for _, c := range []struct {
		secret, purpose, id, text string
		want                      bool
	}{
		{"a secret", "purpose", "id", text, true}, {"another", "purpose", "id", text, false}, {"a secret", "other", "id", text, false},
		{"a secret", "purpose", "id2", text, false}, {"a secret", "purpose", "id", changed, false}, {"a secret", "purpose", "id", "", false},
		{"a secret", "purpose", "id", "AAAA", false}, {"a secret", "purpose", "id", "%", false}, {"a secret", "purpose", "id", text[:16], false},
	} {
		plain, err := Unseal(c.secret, c.purpose, c.id, c.text)
		if (err == nil) != c.want || c.want && string(plain) != "plain" {
			t.Errorf("%+v: %q, %v", c, plain, err)
		}
	}
}
