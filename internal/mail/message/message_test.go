package message

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"ada@example.org":                             "<ada@example.org>",
		"  Ada@EXAMPLE.Org ":                          "<Ada@example.org>",
		`"Lovelace, Ada" <ada@example.org>`:           `"Lovelace, Ada" <ada@example.org>`,
		"Ada Lovelace <ada@example.org>":              `"Ada Lovelace" <ada@example.org>`,
		"=?utf-8?q?=C3=84da?= <ada@example.org>":      `=?utf-8?q?=C3=84da?= <ada@example.org>`,
		"ada@bücher.example":                          "<ada@xn--bcher-kva.example>",
		"ada@BÜCHER.example":                          "<ada@xn--bcher-kva.example>",
		"ada@xn--bcher-kva.example":                   "<ada@xn--bcher-kva.example>",
		"günther@例え.jp":                               "<günther@xn--r8jz45g.jp>",
		`"a b"@example.org`:                           `<"a b"@example.org>`,
		`"a@b"@example.org`:                           `<"a@b"@example.org>`,
		"ada+tag@mail.example.org (a comment)":        `"a comment" <ada+tag@mail.example.org>`,
		"root@localhost":                              "<root@localhost>",
		strings.Repeat("a", 64) + "@example.org":      "<" + strings.Repeat("a", 64) + "@example.org>",
		"":                                            "",
		"ada":                                         "",
		"@example.org":                                "",
		"ada@":                                        "",
		"ada@example.org, bob@example.org":            "",
		"ada@example.org\r\nBcc: bob@example.org":     "",
		"ada@example.org\n":                           "",
		"a\x00da@example.org":                         "",
		"ada@exa\u2028mple.org":                       "",
		"=?utf-8?q?Ada=0D=0ABcc:_x?= <a@example.org>": "",
		"\"a\rb\"@example.org":                        "",
		"ada@[127.0.0.1]":                             "",
		"ada@-example.org":                            "",
		"ada@exa_mple.org":                            "",
		"ada@example..org":                            "",
		"ada@xn--zzzzzz-.example":                     "",
		strings.Repeat("a", 65) + "@example.org":      "",
		"ada@" + strings.Repeat("a.", 200) + "org":    "",
		"a@b\xff.org":                                 "",
		"undisclosed-recipients:;":                    "",
		"Group: ada@example.org;":                     "",
	} {
		a, err := ParseAddress(text)
		got := ""
		if err == nil {
			got = a.String()
		}
		if got != want {
			t.Errorf("%q: %q (%v), want %q", text, got, err, want)
		}
	}
}

// FuzzParseAddress: whatever is taken stays one address, on one line.
func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{"ada@example.org", `"a\"b" <"x y"@bücher.example>`, "=?utf-8?b?w4Q=?= <a@b.c>", "a@b\r\nc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		for _, form := range []string{a.String(), a.Path()} {
			if strings.ContainsAny(form, "\r\n\x00") || !strings.HasSuffix(form, ">") {
				t.Fatalf("%q gives %q", text, form)
			}
			again, err := ParseAddress(form)
			if err != nil || again.Address != a.Address {
				t.Fatalf("%q gives %q, which gives %q, %v", text, form, again.Address, err)
			}
		}
		if strings.Count(a.Path(), "<") != 1+strings.Count(a.Address, "<") {
			t.Fatalf("%q gives the path %q", text, a.Path())
		}
	})
}

func TestCheck(t *testing.T) {
	one := Address{Address: "a@example.org"}
	for name, c := range map[string]struct {
		change func(*Message)
		ok     bool
	}{
		"as it is":            {func(*Message) {}, true},
		"no sender":           {func(m *Message) { m.From = Address{} }, false},
		"only a blind copy":   {func(m *Message) { m.To, m.Bcc = nil, m.To }, true},
		"nobody":              {func(m *Message) { m.To = nil }, false},
		"51":                  {func(m *Message) { m.Bcc = make([]Address, 50) }, false},
		"subject of lines":    {func(m *Message) { m.Subject = "a\nb" }, false},
		"subject, tab":        {func(m *Message) { m.Subject = "a\tb" }, false},
		"long subject":        {func(m *Message) { m.Subject = strings.Repeat("x", MaxSubject+1) }, false},
		"no text":             {func(m *Message) { m.Text = "" }, false},
		"long text":           {func(m *Message) { m.Text = strings.Repeat("x", MaxBody+1) }, false},
		"a header":            {func(m *Message) { m.Headers = []Header{{"X-A", "b"}} }, true},
		"a header's line":     {func(m *Message) { m.Headers = []Header{{"X-A", "b\r\nBcc: c"}} }, false},
		"a name's colon":      {func(m *Message) { m.Headers = []Header{{"X-A: b\r\nY", "c"}} }, false},
		"bcc as a header":     {func(m *Message) { m.Headers = []Header{{"bCC", "c@example.org"}} }, false},
		"content as a header": {func(m *Message) { m.Headers = []Header{{"Content-Type", "text/html"}} }, false},
		"an attachment":       {func(m *Message) { m.Attachments = []Attachment{{Name: "a.txt"}} }, true},
		"a path":              {func(m *Message) { m.Attachments = []Attachment{{Name: "../a.txt"}} }, false},
		"a name of lines":     {func(m *Message) { m.Attachments = []Attachment{{Name: "a\r\nb"}} }, false},
		"a type of lines":     {func(m *Message) { m.Attachments = []Attachment{{Name: "a", Type: "text/csv\r\nX: y"}} }, false},
		"no type":             {func(m *Message) { m.Attachments = []Attachment{{Name: "a", Type: "nonsense"}} }, false},
		"too large":           {func(m *Message) { m.Attachments = []Attachment{{Name: "a", Content: make([]byte, MaxSize)}} }, false},
		"too many":            {func(m *Message) { m.Attachments = make([]Attachment, 11) }, false},
	} {
		m := &Message{ID: "1", From: one, To: []Address{one}, Subject: "s", Text: "t"}
		c.change(m)
		if err := m.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecipients(t *testing.T) {
	a, b := Address{Address: "a@example.org"}, Address{Address: "B@example.org"}
	m := &Message{To: []Address{a, b}, Cc: []Address{{Address: "b@example.org"}}, Bcc: []Address{a}}
	if got := m.Recipients(); len(got) != 2 || got[1] != b {
		t.Errorf("%v", got)
	}
	rest := m.Without(map[string]bool{"b@example.org": true})
	if len(rest.To) != 1 || len(rest.Cc) != 0 || len(rest.Bcc) != 1 || len(m.To) != 2 {
		t.Errorf("%+v of %+v", rest, m)
	}
}

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{" a\r\n b\tc\u2028d ": "a b c d", "a\xffb": "a b", strings.Repeat("x", 600): strings.Repeat("x", 497) + "…"} {
		if got := OneLine(text); got != want && text != "a\xffb" || hasControl(got) {
			t.Errorf("%q: %q", text, got)
		}
	}
}
