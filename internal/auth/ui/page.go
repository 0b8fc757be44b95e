package ui

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// page is what page.html shows.
type page struct {
	Title, Logo string
	Texts       texts
	Data        data
}

// data is what the modules know of the project: what GET /auth/v1/settings says, and
// what belongs to this request.
type data struct {
	Lang      string     `json:"lang"`
	Texts     texts      `json:"texts"`
	Title     string     `json:"title"`
	ReturnTo  string     `json:"returnTo"` // where the app is; it was checked
	Refused   bool       `json:"refused"`  // it asked for a place that is not allowed
	Email     bool       `json:"email"`
	Phone     bool       `json:"phone"`
	Signup    bool       `json:"signup"`
	Captcha   *captcha   `json:"captcha"` // null when there is none
	Passkeys  bool       `json:"passkeys"`
	TOTP      bool       `json:"totp"` // may be added
	SMS       bool       `json:"sms"`  // as a factor, may be added
	MinLength int64      `json:"minLength"`
	Providers []provider `json:"providers"`
}

type provider struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

func (h *Handler) pageOf(r *http.Request) page {
	a, q := h.Auth(), r.URL.Query()
	lang := h.language(r)
	d := data{Lang: lang, Texts: h.texts[lang], Title: a.UI.Title, Email: a.Email.Signup, Phone: a.SMS.Signup, Signup: a.Signup,
		Captcha: captchaOf(a.Captcha), Passkeys: a.Passkeys.Enabled, TOTP: a.MFA.TOTP.Enroll, SMS: a.MFA.Phone.Enroll,
		MinLength: a.MinimumPasswordLength, Providers: []provider{}}
	if to := q.Get("redirect_to"); h.mayReturn(to) {
		d.ReturnTo = to
	} else {
		d.Refused = to != "" && !h.MayRedirect(to)
	}
	for _, name := range slices.Sorted(maps.Keys(a.External)) {
		if a.External[name].Enabled {
			d.Providers = append(d.Providers, provider{name, title(name)})
		}
	}
	return page{Title: a.UI.Title, Logo: a.UI.LogoURL, Texts: d.Texts, Data: d}
}

// title is how people know a provider.
func title(name string) string {
	known := map[string]string{"azure": "Microsoft", "github": "GitHub", "gitlab": "GitLab"}
	if t, ok := known[name]; ok {
		return t
	}
	return strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "_", " ")
}

// texts are those of a language, by their names in the modules.
type texts map[string]string

// fallback is the language of people whose own is not there.
const fallback = "en"

// readTexts reads lang/LANGUAGE.json.
func readTexts(files fs.FS) (map[string]texts, error) {
	names, err := fs.Glob(files, "lang/*.json")
	if err != nil {
		return nil, err
	}
	out := map[string]texts{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var t texts
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(path.Base(name), ".json")] = t
	}
	return out, nil
}

// maxLanguages bounds the entries of Accept-Language that are looked at.
const maxLanguages = 20

// language is that of ?lang=, or the best of Accept-Language (RFC 9110, section
// 12.5.4) that is there.
func (h *Handler) language(r *http.Request) string {
	best, weight := fallback, 0.0
	if tag := h.known(r.URL.Query().Get("lang")); tag != "" {
		return tag
	}
	for i, entry := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		if i == maxLanguages {
			break
		}
		tag, params, _ := strings.Cut(entry, ";")
		q := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(text, 64); err != nil || q > 1 {
				continue
			}
		}
		if tag = h.known(strings.TrimSpace(tag)); tag != "" && q > weight {
			best, weight = tag, q
		}
	}
	return best
}

// known is a language, or what it is a variety of, that has texts; "" for others.
func (h *Handler) known(tag string) string {
	tag = strings.ToLower(tag)
	if _, ok := h.texts[tag]; ok {
		return tag
	}
	tag, _, _ = strings.Cut(tag, "-")
	if _, ok := h.texts[tag]; ok {
		return tag
	}
	return ""
}
