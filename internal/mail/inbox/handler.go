package inbox

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail/message"
)

//go:embed page.html page.css page.js
var files embed.FS

// Handler serves the inbox under /dev/inbox.
type Handler struct {
	Store Store
	// Open lets this machine in without a key. Only for a developer's own server.
	Open bool
	page *template.Template
	mux  *http.ServeMux
}

// NewHandler returns the handler of an inbox.
func NewHandler(s Store, open bool) *Handler {
	h := &Handler{Store: s, Open: open, mux: http.NewServeMux()}
	h.page = template.Must(template.New("page.html").Funcs(template.FuncMap{"join": strings.Join}).ParseFS(files, "page.html"))
	for pattern, fn := range map[string]httpapi.Handler{
		"GET /dev/inbox":            h.index,
		"GET /dev/inbox.json":       h.list,
		"DELETE /dev/inbox":         h.clear,
		"DELETE /dev/inbox.json":    h.clear,
		"POST /dev/inbox/delete":    h.clearForm,
		"GET /dev/inbox/{id}":       h.show,
		"DELETE /dev/inbox/{id}":    h.remove,
		"GET /dev/inbox/{id}/html":  h.html,
		"GET /dev/inbox/assets/css": asset("page.css", "text/css; charset=utf-8"),
		"GET /dev/inbox/assets/js":  asset("page.js", "text/javascript; charset=utf-8"),
		"/dev/":                     nothing,
	} {
		h.mux.Handle(pattern, fn)
	}
	return h
}

func nothing(http.ResponseWriter, *http.Request) error {
	return fault.New("PGRST125", "Invalid path specified in request URL").WithStatus(http.StatusNotFound)
}

// policy lets the page load its own style and script, and show mails in frames.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Security-Policy", policy)
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	if err := h.allow(r); err != nil {
		httpapi.WriteError(w, r, err)
		return
	}
	h.mux.ServeHTTP(w, r)
}

func asset(name, kind string) httpapi.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		raw, err := files.ReadFile(name)
		if err != nil {
			return fault.Internal(err)
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(raw)
		return nil
	}
}

// filter reads which messages a request means: ?to= ?channel= ?after= ?limit=.
func filter(q url.Values) (Filter, error) {
	f := Filter{Channel: q.Get("channel")}
	if f.Channel != "" && f.Channel != "mail" && f.Channel != "sms" {
		return f, fault.New(fault.InvalidParameter, "channel is mail or sms")
	}
	if to := strings.TrimSpace(q.Get("to")); to != "" {
		f.To = key(to)
	}
	var errs []error
	number := func(name string) int64 {
		if q.Get(name) == "" {
			return 0
		}
		n, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil || n < 0 {
			errs = append(errs, fault.New(fault.InvalidParameter, "%s is no number", name))
		}
		return n
	}
	f.After, f.Limit = number("after"), int(min(number("limit"), maxEntries))
	return f, errors.Join(errs...)
}

// key is the key of a recipient, an address or a telephone number.
func key(to string) string {
	if k, err := message.Key(to); err == nil {
		return k
	}
	return strings.ToLower(strings.TrimPrefix(to, "+"))
}

func (h *Handler) index(w http.ResponseWriter, r *http.Request) error {
	if wantsJSON(r) {
		return h.list(w, r)
	}
	f, err := filter(r.URL.Query())
	if err != nil {
		return err
	}
	return h.render(w, r, f, 0)
}

func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filter(r.URL.Query())
	if err != nil {
		return err
	}
	entries, err := h.Store.List(r.Context(), f)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"messages": entries})
}

func (h *Handler) clear(w http.ResponseWriter, r *http.Request) error {
	f, err := filter(r.URL.Query())
	if err != nil {
		return err
	}
	if err := h.Store.Delete(r.Context(), f); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) clearForm(w http.ResponseWriter, r *http.Request) error {
	if err := h.Store.Delete(r.Context(), Filter{}); err != nil {
		return err
	}
	http.Redirect(w, r, "/dev/inbox", http.StatusSeeOther)
	return nil
}

// one returns the message that the path names.
func (h *Handler) one(r *http.Request) (Entry, error) {
	none := fault.New(fault.UndefinedObject, "there is no such message").WithStatus(http.StatusNotFound)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return Entry{}, none
	}
	list, err := h.Store.List(r.Context(), Filter{ID: id})
	switch {
	case err != nil:
		return Entry{}, err
	case len(list) == 0:
		return Entry{}, none
	}
	return list[0], nil
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	e, err := h.one(r)
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		return httpapi.WriteJSON(w, http.StatusOK, e)
	}
	f, err := filter(r.URL.Query())
	if err != nil {
		return err
	}
	return h.render(w, r, f, e.ID)
}

func (h *Handler) remove(w http.ResponseWriter, r *http.Request) error {
	e, err := h.one(r)
	if err != nil {
		return err
	}
	if err := h.Store.Delete(r.Context(), Filter{ID: e.ID}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sandbox shows a mail's HTML: no scripts, no forms, nothing loaded from
// anywhere; links open in a page of their own.
const sandbox = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; font-src data:; " +
	"style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

func (h *Handler) html(w http.ResponseWriter, r *http.Request) error {
	e, err := h.one(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", sandbox)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!doctype html><base target=\"_blank\">" + e.HTML)) // a client that left is no error
	return nil
}

// view is what the page shows.
type view struct {
	Entries []Entry
	Open    *Entry
	View    string // html, text or headers
	To      string
	Newest  int64
	Shown   time.Time
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, f Filter, open int64) error {
	entries, err := h.Store.List(r.Context(), f)
	if err != nil {
		return err
	}
	v := view{Entries: entries, To: f.To, View: r.URL.Query().Get("view"), Shown: time.Now()}
	for i := range entries {
		if entries[i].ID == open {
			v.Open = &entries[i]
		}
		v.Newest = max(v.Newest, entries[i].ID)
	}
	if v.Open != nil && (v.View == "" || v.View == "html" && v.Open.HTML == "") {
		v.View = "html"
		if v.Open.HTML == "" {
			v.View = "text"
		}
	}
	var b bytes.Buffer
	if err := h.page.Execute(&b, v); err != nil {
		return fault.Internal(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w)
	return nil
}
