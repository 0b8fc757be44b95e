package core

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// FuzzEmail holds that an address that is taken cannot end a header or begin
// another one, fits its column, and is taken again as it is kept.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@example.org", "A+b@EXAMPLE.org", "\"a b\"@x.org", "a@b\r\nBcc: c@d", "<a@b.c>", "a@[127.0.0.1]", "ä@ö.example", "\u212a@x.org", "İ@x.org", "a@b\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept, err := Email(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(kept, "\r\n\t <>\"\x00") || !utf8.ValidString(kept) || utf8.RuneCountInString(kept) > maxEmail || strings.Count(kept, "@") < 1 {
			t.Fatalf("%q is taken as %q", text, kept)
		}
		if again, err := Email(kept); err == nil && again != kept {
			t.Fatalf("%q is kept as %q, and that as %q", text, kept, again)
		}
	})
}

// FuzzPhone holds that what is taken is digits, and taken again as it is kept.
func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+49 151 2345678", "491512345678", "0", "+", "١٢٣٤٥", "1e10", "12\n3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept, err := Phone(text)
		if err != nil {
			return
		}
		if strings.Trim(kept, "0123456789") != "" || len(kept) < 2 || len(kept) > 15 || kept[0] == '0' {
			t.Fatalf("%q is taken as %q", text, kept)
		}
		if again, err := Phone(kept); err != nil || again != kept {
			t.Fatalf("%q is kept as %q, and that as %q", text, kept, again)
		}
	})
}

// FuzzRead holds that a body is either refused with 400, in words that tell nothing
// of the program, or holds only text that a database takes.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "{}", "[]", `{"email":"a@b.c","data":{"a":[1,{"b":null}]}}`, `{"email":1}`, `{"data":{"a":"\u0000"}}`, `{"data":{"a":"\ud800"}}`,
		`{"data":{"n":1e999}}`, "{\"email\":\"\xff\"}", `{"a":"\\u0000"}`, strings.Repeat("[", 200), `{"data":{"\u0000":1}}`, `{"email":"\"[[[[["}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var b struct {
			Email string         `json:"email"`
			Data  map[string]any `json:"data"`
			Security
		}
		err := Read(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body))), &b)
		if err != nil {
			if e := autherr.From(err); e.Status != http.StatusBadRequest || strings.Contains(e.Message, "struct") || strings.Contains(e.Message, "Security") {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		text, err := json.Marshal(b.Data)
		if err != nil || strings.Contains(b.Email, "\x00") || !utf8.ValidString(b.Email) || depth(text) > maxDepth || strings.Contains(string(text), `\u0000`) && !strings.Contains(string(body), `\\u0000`) {
			t.Fatalf("%q is taken as %q %s: %v", body, b.Email, text, err)
		}
	})
}
