package users

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// api is the admin API of accounts, called with the key of the service role.
type api struct {
	ctx     context.Context
	handler http.Handler
	key     string
}

// call makes a request with a body, nil for none, and returns the body of the
// answer, or the error that it tells.
func (a api) call(method, path string, body any) ([]byte, error) {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(a.ctx, method, "/auth/v1"+path, &sent)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.key)
	w := &answer{header: http.Header{}, status: http.StatusOK}
	a.handler.ServeHTTP(w, r)
	if w.status < 300 {
		return w.body.Bytes(), nil
	}
	var told struct{ Msg string }
	if err := json.Unmarshal(w.body.Bytes(), &told); err != nil || told.Msg == "" {
		return nil, fmt.Errorf("status %d", w.status)
	}
	return nil, fmt.Errorf("%s", told.Msg)
}

// find returns the id of a user who is named by it, or by the address.
func (a api) find(name string) (string, error) {
	if !strings.Contains(name, "@") {
		return url.PathEscape(name), nil
	}
	for page := 1; ; page++ {
		q := url.Values{"filter": {strings.ToLower(name)}, "per_page": {"1000"}, "page": {fmt.Sprint(page)}}
		body, err := a.call("GET", "/admin/users?"+q.Encode(), nil)
		if err != nil {
			return "", err
		}
		var list struct{ Users []struct{ ID, Email string } }
		if err := json.Unmarshal(body, &list); err != nil {
			return "", err
		}
		for _, u := range list.Users {
			if strings.EqualFold(u.Email, name) {
				return u.ID, nil
			}
		}
		if len(list.Users) == 0 {
			return "", fmt.Errorf("there is no user with the address %s", name)
		}
	}
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }
