package docs

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// raise is galley_docs.raise(code, message), for Galley's own functions in SQL,
// which have no other way to fail on this engine.
func raise(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Null, fault.New(strings.Clone(args[0].Text()), "%s", args[1].Text())
}

// raiseHint is galley_docs.raise(code, message, hint).
func raiseHint(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Null, fault.New(strings.Clone(args[0].Text()), "%s", args[1].Text()).WithHint("%s", args[2].Text())
}
