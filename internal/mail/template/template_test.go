package template

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/galleyhq/galley/internal/fault"
)

var names = []string{"confirmation", "invite", "magic_link", "recovery", "email_change", "reauthentication", "unlock", "password_changed", "email_changed",
	"phone_changed", "identity_linked", "identity_unlinked", "mfa_factor_enrolled", "mfa_factor_unenrolled", "test"}

// TestBuiltin: every template is there in every language, and says what it is
// given.
func TestBuiltin(t *testing.T) {
	s, err := Load(Config{})
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string]string{}
	for _, language := range []string{"en", "de", "fr", "es"} {
		for _, name := range names {
			c, err := s.Render(name, []string{language}, sample())
			if err != nil || c.Language != language || c.Subject == "" {
				t.Errorf("%s/%s: %+v, %v", language, name, c, err)
				continue
			}
			if other := subjects[name+c.Subject]; other != "" {
				t.Errorf("%s says the same in %s and %s", name, other, language)
			}
			subjects[name+c.Subject] = language
			link := "https://example.org/auth/v1/verify?token=abc&type=signup"
			hasLink := slices.Index(names, name) <= slices.Index(names, "unlock") && name != "reauthentication"
			if strings.Contains(c.Text, link) != hasLink || strings.Contains(c.HTML, `href="`+strings.ReplaceAll(link, "&", "&amp;")+`"`) != hasLink {
				t.Errorf("%s/%s: %s\n%s", language, name, c.Text, c.HTML)
			}
			if !strings.Contains(c.HTML, `<html lang="`+language+`">`) || !strings.Contains(c.HTML, "123456") || !strings.Contains(c.Text, "123456") {
				t.Errorf("%s/%s: %s\n%s", language, name, c.Text, c.HTML)
			}
		}
	}
}

// TestEscaping: nothing that a user chose becomes markup, a link or a header.
func TestEscaping(t *testing.T) {
	s, err := Load(Config{Files: fstest.MapFS{
		"x.html":        {Data: []byte(`<p title="{{.Data.name}}">{{.Data.name}}</p><a href="{{.Data.link}}">{{.RedirectTo}}</a><a href="/?next={{.RedirectTo}}">n</a>`)},
		"x.subject.txt": {Data: []byte(`Hello {{.Data.name}}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Render("x", nil, Variables{RedirectTo: "https://a/?b=1&c=\"2", Data: map[string]any{
		"name": "\"><script>alert(1)</script>\r\nBcc: eve@example.org\u2028x", "link": "javascript:alert(1)"}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(c.HTML, "<script>") || strings.Contains(c.HTML, "javascript:") || !strings.Contains(c.HTML, "next=https%3a%2f%2fa%2f%3fb%3d1%26c%3d%222") {
		t.Errorf("%s", c.HTML)
	}
	if strings.ContainsAny(c.Subject, "\r\n\u2028") || !strings.HasPrefix(c.Subject, `Hello "><script>`) {
		t.Errorf("%q", c.Subject)
	}
}

// TestOverrides: which template counts.
func TestOverrides(t *testing.T) {
	s, err := Load(Config{Language: "fr", Overrides: map[string]Override{"invite": {Subject: "Come, {{.Email}}", HTML: "<p>conf {{.Token}}</p>"},
		"magic_link": {Subject: "only the subject"}}, Files: fstest.MapFS{
		"recovery.html":                {Data: []byte("<h1>for all</h1><p>{{.Token}}</p>")},
		"de/recovery.html":             {Data: []byte("<p>auf Deutsch {{.Token}}</p>")},
		"de/recovery.txt":              {Data: []byte("nur Text {{.Token}} {{.Data.missing}}")},
		"de/recovery.subject.txt":      {Data: []byte("Betreff\n")},
		"pt-br/recovery.txt":           {Data: []byte("em português {{.Token}}")},
		"welcome.txt":                  {Data: []byte("Welcome {{.Data.name}}, {{template \"_foot.txt\" .}}")},
		"_foot.txt":                    {Data: []byte("yours, {{.SiteURL}}")},
		"confirmation.html":            {Data: []byte(`{{template "_head.html" .}}<p>own</p>`)},
		"_head.html":                   {Data: []byte(`<h1>{{.SiteURL}}</h1>`)},
		"reauthentication.subject.txt": {Data: []byte("Code {{.Token}}")},
		"notes.md":                     {Data: []byte("{{ not a template")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, languages     string
		language            string
		subject, text, html string // text and html are parts; "-" is none at all
	}{
		{"recovery", "de-AT,en", "de", "Betreff", "nur Text 123456 ", "auf Deutsch"},
		{"recovery", "pt_BR", "pt-br", "Réinitialisez votre mot de passe", "em português 123456", "-"},
		{"recovery", "pt", "", "Réinitialisez votre mot de passe", "for all\n\n123456\n", "for all"},
		{"recovery", "", "", "Réinitialisez votre mot de passe", "for all", "for all"},
		{"invite", "de", "", "Come, ada@example.org", "conf 123456", "<p>conf 123456</p>"},
		{"magic_link", "es", "es", "only the subject", "Acceda como", "Acceda como"},
		{"magic_link", "xx,!!", "fr", "only the subject", "Connectez-vous", "Connectez-vous"},
		{"confirmation", "en", "", "Confirm your e-mail address", "https://example.org\n\nown\n", "<h1>https://example.org</h1><p>own</p>"},
		{"reauthentication", "en", "en", "Code 123456", "Enter this code: 123456", "123456"},
		{"email_change", "it", "fr", "Confirmez votre nouvelle adresse e-mail", "ada@example.com", "ada@example.com"},
	} {
		var languages []string
		if c.languages != "" {
			languages = strings.Split(c.languages, ",")
		}
		got, err := s.Render(c.name, languages, sample())
		if err != nil || got.Language != c.language || got.Subject != c.subject || !strings.Contains(got.Text, c.text) ||
			c.html == "-" && got.HTML != "" || c.html != "-" && !strings.Contains(got.HTML, c.html) || strings.Contains(got.Text, "<no value>") {
			t.Errorf("%s %s: %+v, %v", c.name, c.languages, got, err)
		}
	}
	got, err := s.Render("welcome", nil, sample())
	if fault.Code(err) != noSubject || got.Text != "Welcome , yours, https://example.org" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.Render("nope", nil, sample()); fault.Code(err) != fault.UndefinedObject || s.Has("nope") || !s.Has("welcome") || !s.Has("invite") {
		t.Errorf("%v", err)
	}
}

// TestMistakes are all found when the templates are loaded.
func TestMistakes(t *testing.T) {
	_, err := Load(Config{Files: fstest.MapFS{
		"a.html":       {Data: []byte("{{.Confirmation")},
		"b.txt":        {Data: []byte("{{.ConfirmURL}}")},
		"c.html":       {Data: []byte(`<a href="{{if .Token}}x{{end}}"{{`)},
		"drafts/d.txt": {Data: []byte("x")},
		"e.html":       {Data: []byte(`{{template "_gone.html" .}}`)},
	}})
	for _, name := range []string{"a.html", "c.html", "drafts/d.txt"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in %v", name, err)
		}
	}
	for _, files := range []fstest.MapFS{{"b.txt": {Data: []byte("{{.ConfirmURL}}")}}, {"e.html": {Data: []byte(`{{template "_gone.html" .}}`)}}} {
		if _, err := Load(Config{Files: files}); err == nil {
			t.Errorf("%v was taken", files)
		}
	}
	endless, err := Load(Config{Files: fstest.MapFS{"x.txt": {Data: []byte(`{{range .Data.list}}{{range $.Data.list}}{{$.Data.word}}{{end}}{{end}}`)}, "x.subject.txt": {Data: []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	big := Variables{Data: map[string]any{"list": make([]any, 2000), "word": strings.Repeat("x", 100)}}
	if _, err := endless.Render("x", nil, big); fault.Code(err) != fault.InvalidParameter {
		t.Errorf("%v", err)
	}
}

// TestReload: while somebody writes them, templates are read at each use.
func TestReload(t *testing.T) {
	files := fstest.MapFS{"a.txt": {Data: []byte("one")}, "a.subject.txt": {Data: []byte("s")}}
	s, err := Load(Config{Files: files, Reload: true})
	if err != nil {
		t.Fatal(err)
	}
	files["a.txt"] = &fstest.MapFile{Data: []byte("two")}
	if c, err := s.Render("a", nil, Variables{}); err != nil || c.Text != "two" {
		t.Errorf("%+v, %v", c, err)
	}
	files["a.txt"] = &fstest.MapFile{Data: []byte("{{")}
	if _, err := s.Render("a", nil, Variables{}); err == nil {
		t.Error("a mistake was not found")
	}
}

func TestTag(t *testing.T) {
	for text, want := range map[string]string{"de": "de", "de_AT": "de-at", "zh-Hant-TW": "zh-hant-tw", "es-419": "es-419", "drafts": "",
		"": "", "d": "", "..": "", "de/../x": "", "de-": "", "123": "", strings.Repeat("a-", 40): ""} {
		if got := Tag(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	s := &Set{config: Config{Language: "fr"}}
	if got := s.chain([]string{"de-AT", "DE", "it"}); !slices.Equal(got, []string{"de-at", "de", "it", "fr", "en"}) {
		t.Errorf("%v", got)
	}
}

func TestPlain(t *testing.T) {
	for source, want := range map[string]string{
		"<p>a  b\n c</p><p>d</p>":                          "a b c\n\nd\n",
		"<style>x{}</style><title>t</title>a<br>b<br/>c":   "a\nb\nc\n",
		`go <a href="https://x/?a=1&amp;b=2">here</a>.`:    "go here (https://x/?a=1&b=2).\n",
		`<a href="https://x">https://x</a>`:                "https://x\n",
		"<ul><li>one</li><li>two <b>b</b>old</li></ul>end": "- one\n- two bold\n\nend\n",
		"<div>a</div><div><div>b</div></div>":              "a\nb\n",
		`<img src=x alt="Logo"> text`:                      "Logo text\n",
		"a &lt;b&gt; &amp; c":                              "a <b> & c\n",
		"<script>if (a<b) alert(1)</script>x":              "x\n",
		"":                                                 "",
		"<p>unclosed <b>tags":                              "unclosed tags\n",
		"</a></style></p>x":                                "x\n",
	} {
		if got := Plain(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("<p>a <a href=x>b</a></p><!-- c --><style>d</style>")
	f.Add("</a><li><br><title>")
	f.Fuzz(func(t *testing.T, source string) {
		if out := Plain(source); len(out) > 20*len(source)+10 {
			t.Errorf("%d bytes of %d", len(out), len(source))
		}
	})
}
