package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/galleyhq/galley/internal/admin"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// api is the admin API on a database, called as the service role.
type api struct {
	ctx     context.Context
	handler http.Handler
}

func newAPI(ctx context.Context, db database.DB) api {
	return api{httpapi.WithIdentity(ctx, httpapi.Identity{Role: "service_role", Authenticated: true}), admin.New(db)}
}

// call makes a request with a body, nil for none, and returns the body of the
// answer, or the error that it tells.
func (a api) call(method, path string, body any) ([]byte, error) {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return nil, fault.Internal(err)
		}
	}
	r, err := http.NewRequestWithContext(a.ctx, method, "/admin/v1/"+path, &sent)
	if err != nil {
		return nil, err
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	a.handler.ServeHTTP(w, r)
	if w.status < 300 {
		return w.body.Bytes(), nil
	}
	return nil, w.fault()
}

// into reads the answer to a request into v.
func (a api) into(v any, method, path string, body any) error {
	text, err := a.call(method, path, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
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

// fault is the error that the answer tells.
func (a *answer) fault() error {
	var told struct {
		Code, Message string
		Details, Hint *string
	}
	if err := json.Unmarshal(a.body.Bytes(), &told); err != nil {
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
