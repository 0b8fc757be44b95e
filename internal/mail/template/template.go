// Package template makes mails of templates: Galley's own, in several languages,
// and the project's, which take their place. They are Go templates (html/template,
// text/template) with the variables that GoTrue's have.
//
//	set, err := template.Load(template.Config{Files: os.DirFS("templates/mail")})
//	content, err := set.Render("recovery", []string{"de-AT"}, template.Variables{…})
package template

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/mail/message"
)

// Variables are what a template may show (supabase/auth documentation, "Email
// templates").
type Variables struct {
	SiteURL         string         `json:"site_url,omitempty"`
	ConfirmationURL string         `json:"confirmation_url,omitempty"`
	Token           string         `json:"token,omitempty"`
	TokenHash       string         `json:"token_hash,omitempty"`
	Email           string         `json:"email,omitempty"`
	NewEmail        string         `json:"new_email,omitempty"`
	SendingTo       string         `json:"sending_to,omitempty"`
	RedirectTo      string         `json:"redirect_to,omitempty"`
	Data            map[string]any `json:"data,omitempty"`

	// Of what notices tell of.
	OldEmail   string `json:"old_email,omitempty"`
	Phone      string `json:"phone,omitempty"`
	OldPhone   string `json:"old_phone,omitempty"`
	Provider   string `json:"provider,omitempty"`
	FactorType string `json:"factor_type,omitempty"`
}

// Content is what a template makes.
type Content struct {
	Subject, Text, HTML string
	Language            string // the one it was found in, "" for a project's that serves all
}

// Override is a template that the configuration names.
type Override struct {
	Subject string // a template; "" is that of the files, or Galley's
	HTML    string // a template; "" likewise
}

// Config is where templates come from.
type Config struct {
	// Files are the project's: NAME.html, NAME.txt and NAME.subject.txt, those of
	// a language in a folder of its name (de/NAME.html). What begins with _ is a
	// part that the others include. nil for none.
	Files     fs.FS
	Overrides map[string]Override // by name
	Language  string              // when none of those asked for is there; en by default
	Reload    bool                // read the files at each use: somebody is writing them
}

// Set is all templates. It is immutable.
type Set struct {
	config  Config
	project map[place]entry        // the project's own
	builtin map[place]func() entry // each parsed when it is first needed
}

// place is where a template is looked up; no language is for all.
type place struct{ language, name string }

// entry is a template; what it lacks is nil.
type entry struct{ subject, text, html renderer }

// Load reads all templates and tries each of the project's, so that a mistake is
// known before anybody waits for a mail. The error names every one.
func Load(c Config) (*Set, error) {
	if c.Language == "" {
		c.Language = fallback
	}
	s := &Set{config: c, project: map[place]entry{}, builtin: map[place]func() entry{}}
	if err := s.loadBuiltin(); err != nil {
		return nil, err
	}
	if err := s.loadProject(); err != nil {
		return nil, err
	}
	return s, s.try()
}

// try renders every template of the project once.
func (s *Set) try() error {
	var all []error
	for at := range s.project {
		if _, err := s.make(at.name, []string{at.language}, sample()); err != nil && fault.Code(err) != noSubject {
			all = append(all, err)
		}
	}
	slices.SortFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(all...)
}

// sample are variables for a trial.
func sample() Variables {
	return Variables{
		SiteURL: "https://example.org", ConfirmationURL: "https://example.org/auth/v1/verify?token=abc&type=signup",
		Token: "123456", TokenHash: "abc", Email: "ada@example.org", NewEmail: "ada@example.com",
		SendingTo: "ada@example.org", RedirectTo: "https://example.org/welcome", Data: map[string]any{},
		OldEmail: "ada@example.net", Phone: "4915112345678", OldPhone: "4915187654321", Provider: "github", FactorType: "totp",
	}
}

// Has tells whether there is a template.
func (s *Set) Has(name string) bool {
	for at := range s.project {
		if at.name == name {
			return true
		}
	}
	_, ok := s.builtin[place{fallback, name}]
	return ok
}

// noSubject is the code of the error of a template without a subject.
const noSubject = fault.NotNullViolation

// Render makes a mail of a template, in the first language there is of those
// asked for (BCP 47). One that the project has for all languages comes before
// Galley's. A project's that fails is an error even where Galley has one.
func (s *Set) Render(name string, languages []string, v Variables) (Content, error) {
	if s.config.Reload {
		fresh := &Set{config: s.config, project: map[place]entry{}, builtin: s.builtin}
		if err := fresh.loadProject(); err != nil {
			return Content{}, err
		}
		s = fresh
	}
	return s.make(name, languages, v)
}

func (s *Set) make(name string, languages []string, v Variables) (Content, error) {
	e, language, ok := s.find(name, s.chain(languages))
	if !ok {
		return Content{}, fault.New(fault.UndefinedObject, "there is no mail template %q", name)
	}
	out := Content{Language: language}
	for part, to := range map[renderer]*string{e.subject: &out.Subject, e.text: &out.Text, e.html: &out.HTML} {
		if part == nil {
			continue
		}
		text, err := render(part, v)
		if err != nil {
			return Content{}, fault.New(fault.InvalidParameter, "the mail template %q fails", name).
				WithDetail("%s", err).WithCause(err)
		}
		*to = text
	}
	out.Subject = message.OneLine(out.Subject)
	if out.Text == "" {
		out.Text = Plain(out.HTML)
	}
	if out.Subject == "" {
		return out, fault.New(noSubject, "the mail template %q has no subject", name).
			WithHint("Write it to %s.subject.txt beside it, or send one along.", name)
	}
	return out, nil
}

// find looks a template up: the project's in a language, the project's for all,
// Galley's.
func (s *Set) find(name string, chain []string) (entry, string, bool) {
	for _, language := range append(slices.Clone(chain), "") {
		if e, ok := s.project[place{language, name}]; ok {
			if e.subject == nil {
				e.subject = s.subject(name, chain)
			}
			if e.html == nil && e.text == nil { // only the subject is the project's
				own, found, _ := s.findBuiltin(name, chain)
				e.html, e.text, language = own.html, own.text, found
			}
			return e, language, true
		}
	}
	return s.findBuiltin(name, chain)
}

// subject is that of the project for all languages, or Galley's.
func (s *Set) subject(name string, chain []string) renderer {
	if e, ok := s.project[place{"", name}]; ok && e.subject != nil {
		return e.subject
	}
	e, _, _ := s.findBuiltin(name, chain)
	return e.subject
}

func (s *Set) findBuiltin(name string, chain []string) (entry, string, bool) {
	for _, language := range chain {
		if parsed, ok := s.builtin[place{language, name}]; ok {
			return parsed(), language, true
		}
	}
	return entry{}, "", false
}

// fallback is the language that Galley has every template in.
const fallback = "en"

// maxLanguages bounds those that a mail asks for.
const maxLanguages = 10

// chain is the languages to look in: those asked for, each followed by what it is
// a variety of (de-AT, de), the project's, and English.
func (s *Set) chain(languages []string) []string {
	var out []string
	for _, tag := range append(slices.Clone(languages[:min(len(languages), maxLanguages)]), s.config.Language, fallback) {
		for tag = Tag(tag); tag != ""; tag, _ = cutLast(tag) {
			if !slices.Contains(out, tag) {
				out = append(out, tag)
			}
		}
	}
	return out
}

func cutLast(tag string) (string, string) {
	i := strings.LastIndexByte(tag, '-')
	if i < 0 {
		return "", tag
	}
	return tag[:i], tag[i+1:]
}

// Tag is a language tag in lower case with hyphens, "" if it is none.
func Tag(tag string) string {
	tag = strings.ToLower(strings.ReplaceAll(tag, "_", "-"))
	if len(tag) > 35 {
		return ""
	}
	for i, part := range strings.Split(tag, "-") {
		if len(part) < 1 || len(part) > 8 || i == 0 && (len(part) < 2 || len(part) > 3) || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9')
		}) {
			return ""
		}
	}
	return tag
}

func located(path string, err error) error { return fmt.Errorf("mail template %s: %w", path, err) }
