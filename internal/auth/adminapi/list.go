package adminapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
)

// Bounds of a page.
const (
	perPage    = 50
	maxPerPage = 1000
	maxPage    = 1 << 40 // so that an offset is a bigint
)

// page reads page and per_page of a query.
func page(q url.Values) (store.Page, error) {
	p := store.Page{Number: 1, Size: perPage}
	for name, to := range map[string]*int64{"page": &p.Number, "per_page": &p.Size} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 40)
		if err != nil {
			return p, core.Invalid("Bad Pagination Parameters: %s is no number of a page", name)
		}
		*to = max(1, int64(n))
	}
	p.Number, p.Size = min(p.Number, maxPage), min(p.Size, maxPerPage)
	return p, nil
}

// links tells in headers how many there are and where the next page is.
func links(w http.ResponseWriter, r request, p store.Page, total int64) {
	pages, q := (total+p.Size-1)/p.Size, r.URL.Query()
	to := func(n int64, rel string) string {
		q.Set("page", strconv.FormatInt(n, 10))
		return fmt.Sprintf("<%s?%s>; rel=%q", r.URL.EscapedPath(), q.Encode(), rel)
	}
	header := to(pages, "last")
	if pages > p.Number {
		header = to(p.Number+1, "next") + ", " + header
	}
	w.Header().Set("Link", header)
	w.Header().Set("X-Total-Count", strconv.FormatInt(total, 10))
}

// audience is the aud of users, unless the request names another.
func audience(r request) string {
	if aud := r.Header.Get("X-JWT-AUD"); aud != "" {
		return aud
	}
	return authenticated
}

const authenticated = "authenticated"

// list is GET /admin/users.
func (h *Handlers) list(w http.ResponseWriter, r request) error {
	q := r.URL.Query()
	ascending := false
	for _, by := range q["sort"] {
		field, direction, _ := strings.Cut(by, " ")
		direction = strings.ToLower(direction)
		if field != "created_at" || direction != "" && direction != "asc" && direction != "desc" {
			return core.Invalid("Bad Sort Parameters: bad field or direction for sort, only 'created_at asc' and 'created_at desc' allowed")
		}
		ascending = direction == "asc"
	}
	p, err := page(q)
	if err != nil {
		return err
	}
	aud := audience(r)
	users, total, err := store.Users(r.Context(), h.Owner(), aud, q.Get("filter"), ascending, p)
	if err != nil {
		return err
	}
	out := make([]*wire.User, len(users))
	for i, u := range users {
		out[i] = wire.UserOf(u)
	}
	links(w, r, p, total)
	return core.JSON(w, map[string]any{"users": out, "aud": aud})
}

// get is GET /admin/users/{user}.
func (h *Handlers) get(w http.ResponseWriter, _ request, u *store.User) error {
	return core.JSON(w, wire.UserOf(u))
}

// audit is GET /admin/audit, with ?query=author:…, action:… or type:….
func (h *Handlers) audit(w http.ResponseWriter, r request) error {
	q := r.URL.Query()
	p, err := page(q)
	if err != nil {
		return err
	}
	var keys []string
	scope, text, _ := strings.Cut(q.Get("query"), ":")
	if query := q.Get("query"); query != "" {
		keys = map[string][]string{"author": {"actor_username", "actor_name"}, "action": {"action"}, "type": {"log_type"}}[scope]
		if keys == nil || !strings.Contains(query, ":") {
			return core.Invalid("Invalid query scope: %s", query)
		}
	}
	entries, total, err := store.AuditLog(r.Context(), h.Owner(), keys, text, p)
	if err != nil {
		return err
	}
	if entries == nil {
		entries = []store.Logged{}
	}
	links(w, r, p, total)
	return core.JSON(w, entries)
}
