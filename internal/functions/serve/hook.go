package serve

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Hooks are those of the versions on tables. A function that cannot be loaded refuses
// the writes to the tables that its source names: nobody checks them.
func Hooks(versions []*Version) []hooks.Entry {
	var out []hooks.Entry
	all := []string{hooks.Insert, hooks.Update, hooks.Delete}
	for _, v := range versions {
		for _, h := range v.Declared.Hooks {
			name, table := h.table()
			out = append(out, hooks.Entry{Name: v.Name, Schema: name, Table: table, Before: h.Before, After: h.After, Hook: hook{v}})
		}
		for _, guarded := range v.guards {
			name, table := Hook{Table: guarded}.table()
			out = append(out, hooks.Entry{Name: v.Name, Schema: name, Table: table, Before: all, Hook: hook{v}})
		}
	}
	return out
}

var (
	exportsHook = regexp.MustCompile(`export\s+(?:const|let|var)\s+hook\b|export\s*\{[^}]*\bhook\b`)
	namesTable  = regexp.MustCompile("\\btable[\"']?\\s*:\\s*[\"'`]([^\"'`]+)[\"'`]")
)

// maxGuard bounds what is read of a source to find out which tables it is about.
const maxGuard = 1 << 20

// guardsOf finds the tables that a source would have hooks on, as far as its text
// tells.
func guardsOf(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxGuard))
	if err != nil || !exportsHook.Match(text) {
		return nil
	}
	var out []string
	for _, m := range namesTable.FindAllSubmatch(text, -1) {
		if name := string(m[1]); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// hook is a function at work on the rows of a table.
type hook struct{ *Version }

// hookEvent is a hooks.Event as scripts see it.
type hookEvent struct {
	When      string          `json:"when"` // before or after
	Operation string          `json:"operation"`
	Schema    string          `json:"schema"`
	Table     string          `json:"table"`
	Rows      []hookRow       `json:"rows"`
	Role      string          `json:"role"`
	Claims    json.RawMessage `json:"claims"`
	// RemoteAddr is where the request came from, nil for a write of the program's own.
	RemoteAddr *address `json:"remoteAddr,omitempty"`
}

type hookRow struct {
	Old json.RawMessage `json:"old"`
	New json.RawMessage `json:"new"`
}

// Before implements hooks.Hook.
func (h hook) Before(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	rows, err := h.run(ctx, tx, e, "before")
	if err != nil || e.Operation == hooks.Delete {
		return err
	}
	if len(rows) != len(e.Rows) {
		return fault.New(fault.InternalError, "the hook %s left %d rows of %d", h.Name, len(rows), len(e.Rows))
	}
	for i, row := range rows {
		e.Rows[i].New = row
	}
	return nil
}

// After implements hooks.Hook.
func (h hook) After(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	_, err := h.run(ctx, tx, e, "after")
	return err
}

func (h hook) run(ctx context.Context, tx database.Tx, e *hooks.Event, when string) ([]json.RawMessage, error) {
	c := &Call{Function: h.Name, Kind: "hook", RequestID: requestIDOf(ctx), Session: e.Session, Tx: tx}
	event := hookEvent{When: when, Operation: e.Operation, Schema: e.Schema, Table: e.Table, Role: e.Session.Role, Rows: make([]hookRow, len(e.Rows))}
	if e.Session.Claims != "" {
		event.Claims = json.RawMessage(e.Session.Claims)
	}
	if from := httpapi.RemoteAddr(ctx); from != "" {
		at := remote(from)
		event.RemoteAddr = &at
	}
	for i, r := range e.Rows {
		event.Rows[i] = hookRow(r)
	}
	said, err := h.Version.run(ctx, c, "hook", toJSON(event))
	if err != nil {
		return nil, h.asFault(err)
	}
	var answer struct {
		Rows []json.RawMessage `json:"rows"`
	}
	return answer.Rows, h.told(said, c.RequestID, &answer)
}
