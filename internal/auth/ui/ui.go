// Package ui is the sign-in page: HTML, style and ES modules that are served as they
// are, without a build step, from /auth/ui. The page speaks the API of accounts, as
// any client does.
//
//	/auth/ui?redirect_to=https://app.example.org/welcome&code_challenge=…&code_challenge_method=s256
//
// An app sends people there and gets them back with a code to exchange, when it
// passed a challenge (RFC 7636), or with tokens in the fragment. Where it may be is
// what package redirect allows, which is decided here and not in the browser. The
// page itself comes back from mails and providers with a code, never with tokens.
//
// Nothing on it is inline: its policy (Content-Security-Policy) lets a browser run
// the files of this package alone.
package ui

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/redirect"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/static"
)

//go:embed files
var embedded embed.FS

// Handler serves the paths /auth/ui and below it.
type Handler struct {
	*core.Core
	flow   *flow.Flow
	page   *template.Template
	texts  map[string]texts
	files  map[string]http.Handler
	policy string
	mux    *http.ServeMux
}

// New returns the handler.
func New(c *core.Core, f *flow.Flow) (*Handler, error) {
	h := &Handler{Core: c, flow: f, files: map[string]http.Handler{}, policy: policy(c.Auth()), mux: http.NewServeMux()}
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		return nil, fault.Internal(err)
	}
	if h.page, err = template.ParseFS(files, "page.html"); err != nil {
		return nil, fault.Internal(err)
	}
	if h.texts, err = readTexts(files); err != nil {
		return nil, fault.Internal(err)
	}
	if err := h.readFiles(files); err != nil {
		return nil, fault.Internal(err)
	}
	h.files["theme.css"] = newFile("theme.css", []byte(theme(c.Auth().UI)))
	h.mux.Handle("GET /auth/ui", httpapi.Handler(h.show))
	h.mux.Handle("GET /auth/ui/{$}", http.RedirectHandler("../ui", http.StatusPermanentRedirect))
	h.mux.Handle("GET /auth/ui/{file}", httpapi.Handler(h.asset))
	h.mux.Handle("POST /auth/ui/code", httpapi.Chain(autherr.Handler(h.code), httpapi.LimitBody(maxBody)))
	return h, nil
}

// maxBody bounds the body of a request, in bytes.
const maxBody = 16 << 10

func (h *Handler) readFiles(files fs.FS) error {
	for _, pattern := range []string{"*.js", "*.css"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			body, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			h.files[name] = newFile(name, body)
		}
	}
	return nil
}

func newFile(name string, body []byte) http.Handler {
	kind := "text/javascript; charset=utf-8"
	if path.Ext(name) == ".css" {
		kind = "text/css; charset=utf-8"
	}
	return static.Asset(body, kind)
}

// policy lets the page load its own files and the logo, and speak to this server;
// with a CAPTCHA to its service as well, whose scripts have no trusted types.
// No form is ever sent by the browser itself: a password cannot end in a URL.
func policy(a config.Auth) string {
	images, ancestors, more := "'self' data:", "'none'", "; require-trusted-types-for 'script'; trusted-types 'none'"
	if logo, err := url.Parse(a.UI.LogoURL); err == nil && logo.Host != "" {
		images += " " + logo.Scheme + "://" + logo.Host
	}
	if len(a.UI.FrameAncestors) > 0 {
		ancestors = strings.Join(a.UI.FrameAncestors, " ")
	}
	scripts, styles := "'self'", "'self'"
	if s := serviceOf(a.Captcha); s != nil {
		scripts += " " + s.hosts
		if s.styles {
			styles += " " + s.hosts
		}
		more = "; frame-src " + s.hosts
	}
	return "default-src 'none'; script-src " + scripts + "; style-src " + styles + "; connect-src " + styles + "; img-src " + images +
		"; form-action 'none'; base-uri 'none'; frame-ancestors " + ancestors + more
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", h.policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.mux.ServeHTTP(w, r)
}

// show is GET /auth/ui.
func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	var b bytes.Buffer
	p := h.pageOf(r)
	if err := h.page.Execute(&b, p); err != nil {
		return fault.Internal(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.Data.Lang)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // a browser that left is no error
	return nil
}

func (h *Handler) asset(w http.ResponseWriter, r *http.Request) error {
	f, ok := h.files[r.PathValue("file")]
	if !ok {
		return fault.New("PGRST125", "Invalid path specified in request URL").WithStatus(http.StatusNotFound)
	}
	f.ServeHTTP(w, r)
	return nil
}

// code is POST /auth/ui/code: where the browser goes with a code, by which the app
// takes the caller's session over.
func (h *Handler) code(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		RedirectTo string `json:"redirect_to"`
		flow.PKCE
	}
	if err := h.Allow(r.Context(), "token_refresh", h.Address(r)); err != nil {
		return err
	}
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if !h.mayReturn(b.RedirectTo) {
		return core.Invalid("redirect_to is not allowed by auth.additional_redirect_urls")
	}
	code, err := h.flow.HandOver(r.Context(), caller, b.PKCE)
	if err != nil {
		return err
	}
	to, err := redirect.WithQuery(b.RedirectTo, url.Values{"code": {code}})
	if err != nil {
		return core.Invalid("redirect_to is no URL")
	}
	return core.JSON(w, map[string]string{"url": to})
}

// mayReturn tells whether an app may be given sessions at a URL. The page itself is
// none.
func (h *Handler) mayReturn(to string) bool {
	own := h.PageURL()
	return h.MayRedirect(to) && to != own && !strings.HasPrefix(to, own+"?") && !strings.HasPrefix(to, own+"#")
}
