package docs

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
	"github.com/galleyhq/galley/internal/jsonschema"
)

// maxSchemas bounds the compiled schemas that are kept: all are forgotten then.
const maxSchemas = 200

// schemas keeps compiled schemas by their text; all connections share it.
type schemas struct {
	mu    sync.RWMutex
	known map[string]*jsonschema.Schema
}

func (k *schemas) get(text string) (*jsonschema.Schema, error) {
	k.mu.RLock()
	s := k.known[text]
	k.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	text = strings.Clone(text) // SQLite's memory is not ours to keep
	s, err := jsonschema.Compile(text, matcher)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= maxSchemas {
		clear(k.known)
	}
	k.known[text] = s
	return s, nil
}

// valid is galley_docs.valid(schema, document).
func (k *schemas) valid(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, err := k.get(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	n, err := document.Parse(args[1].Text())
	if err != nil {
		return sqlite.Null, err
	}
	ok, err := s.Valid(plain(n))
	return sqlite.Bool(ok), err
}

// matcher compiles a pattern as PostgreSQL's operator ~ does.
func matcher(pattern string) (func(string) (bool, error), error) {
	re, err := regex.Compile(pattern, regex.Flags{})
	if err != nil {
		return nil, refusal(err)
	}
	return func(text string) (bool, error) {
		ok, err := re.Matches([]rune(text))
		return ok, refusal(err)
	}, nil
}

func refusal(err error) error {
	if errors.Is(err, regex.ErrRefused) {
		return entry.Unsupported("%s", err)
	}
	return err
}

// plain is a document as Go's decoder of JSON would give it.
func plain(n *document.Node) any {
	switch n.Kind {
	case document.String:
		return strings.Clone(n.Text)
	case document.Number:
		return json.Number(n.Text)
	case document.Bool:
		return n.True
	case document.Array:
		out := make([]any, len(n.Items))
		for i := range n.Items {
			out[i] = plain(&n.Items[i])
		}
		return out
	case document.Object:
		out := make(map[string]any, len(n.Keys))
		for i, key := range n.Keys {
			out[key] = plain(&n.Items[i])
		}
		return out
	}
	return nil
}
