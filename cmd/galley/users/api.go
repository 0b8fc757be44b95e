package users

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
)

// api is the admin API of accounts, called with the key of the service role.
type api struct {
	ctx context.Context
	subcommand.API
}

// call makes a request with a body, nil for none, and returns the body of the
// answer, or the error that it tells.
func (a api) call(method, path string, body any) ([]byte, error) {
	return a.Call(a.ctx, method, path, body)
}

// problem is the error that an answer tells.
func problem(status int, body []byte) error {
	var told struct{ Msg string }
	if err := json.Unmarshal(body, &told); err != nil || told.Msg == "" {
		return fmt.Errorf("status %d", status)
	}
	return errors.New(told.Msg)
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
