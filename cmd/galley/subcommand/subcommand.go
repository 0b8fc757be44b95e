// Package subcommand is what the commands that have packages of their own share: what
// the command line gives to them, and how they call an API of the project in the
// process.
package subcommand

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Shell is what the command line gives to its commands.
type Shell struct {
	In  io.Reader
	Out io.Writer
	// WithDatabase opens the project's database for a function.
	WithDatabase func(ctx context.Context, fn func(config.Config, database.DB) error) error
	// Args makes a command line that is wrong an error of usage.
	Args func(cobra.PositionalArgs) cobra.PositionalArgs
}

// PrintJSON prints an answer for people to read.
func (s Shell) PrintJSON(body []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(body), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Out, out.String())
	return err
}

// API is a handler, called as a client would.
type API struct {
	Handler http.Handler
	Prefix  string      // of its paths
	Header  http.Header // of every request
	// Problem is the error that an answer tells which is none of success.
	Problem func(status int, body []byte) error
}

// Call makes a request with a body that is sent as JSON, nil for none, and returns the
// body of the answer, or the error that it tells.
func (a API) Call(ctx context.Context, method, path string, body any) ([]byte, error) {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return nil, fault.Internal(err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, a.Prefix+path, &sent)
	if err != nil {
		return nil, err
	}
	if a.Header != nil {
		r.Header = a.Header.Clone()
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	a.Handler.ServeHTTP(w, r)
	if w.status >= http.StatusMultipleChoices {
		return nil, a.Problem(w.status, w.body.Bytes())
	}
	return w.body.Bytes(), nil
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
