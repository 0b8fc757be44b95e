package migrate

import (
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Error is what is wrong with a migration file.
type Error struct {
	File    string // its path
	Line    int    // 1-based; 0 when unknown
	Message string // what is wrong, when it is not what the database said
	Hint    string
	Fault   *fault.Error // what the database said; may be nil
}

// Error implements error, on one line.
func (e *Error) Error() string {
	text := e.Message
	if e.Fault != nil {
		text = e.Fault.Error()
		for _, more := range []string{e.Fault.Detail, e.Fault.Hint} {
			if more != "" {
				text += ": " + more
			}
		}
	}
	if e.Hint != "" {
		text += ". " + e.Hint
	}
	return e.Where() + ": " + strings.TrimSuffix(text, ".")
}

// Where is the file, and the line when it is known.
func (e *Error) Where() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return e.File
}

// Unwrap returns what the database said.
func (e *Error) Unwrap() error {
	if e.Fault == nil {
		return nil
	}
	return e.Fault
}
