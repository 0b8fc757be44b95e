package jobs

import (
	"context"
	"encoding/json"

	"github.com/galleyhq/galley/cmd/galley/subcommand"
	"github.com/galleyhq/galley/internal/admin"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// api is the admin API on a database, called as the service role.
type api struct {
	ctx context.Context
	subcommand.API
}

func newAPI(ctx context.Context, db database.DB) api {
	return api{httpapi.WithIdentity(ctx, httpapi.Identity{Role: "service_role", Authenticated: true}),
		subcommand.API{Handler: admin.New(db), Prefix: "/admin/v1/", Problem: problem}}
}

// call makes a request with a body, nil for none, and returns the body of the
// answer, or the error that it tells.
func (a api) call(method, path string, body any) ([]byte, error) {
	return a.Call(a.ctx, method, path, body)
}

// into reads the answer to a request into v.
func (a api) into(v any, method, path string, body any) error {
	text, err := a.call(method, path, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// problem is the error that an answer tells.
func problem(_ int, body []byte) error {
	var told struct {
		Code, Message string
		Details, Hint *string
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return fault.Internal(err)
	}
	out := fault.New(told.Code, "%s", told.Message)
	if told.Details != nil {
		out = out.WithDetail("%s", *told.Details)
	}
	if told.Hint != nil {
		out = out.WithHint("%s", *told.Hint)
	}
	return out
}
