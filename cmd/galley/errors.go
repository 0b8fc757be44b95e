package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
)

// printError writes an error for a person: where, what, the code, and on lines of
// their own the detail and the hint.
func printError(w io.Writer, err error) {
	var b strings.Builder
	var problems config.Problems
	migration, isMigration := errors.AsType[*migrate.Error](err)
	said, isFault := errors.AsType[*fault.Error](err)
	usage, wrongUsage := errors.AsType[usageError](err)
	switch {
	case errors.As(err, &problems):
		fmt.Fprintln(&b, problems.Error())
	case isMigration && migration.Fault != nil:
		fmt.Fprintf(&b, "error: %s: ", migration.Where())
		writeFault(&b, migration.Fault)
	case isMigration:
		fmt.Fprintf(&b, "error: %s: %s\n", migration.Where(), migration.Message)
		writeLine(&b, "hint", migration.Hint)
	case isFault:
		// What stands around the fault says what was being done.
		prefix, _, _ := strings.Cut(err.Error(), said.Error())
		fmt.Fprintf(&b, "error: %s", prefix)
		writeFault(&b, said)
	case wrongUsage:
		fmt.Fprintf(&b, "error: %s\nSee %s --help.\n", err, usage.command)
	default:
		fmt.Fprintf(&b, "error: %s\n", err)
	}
	_, _ = io.WriteString(w, b.String()) // nobody to tell
}

func writeFault(b *strings.Builder, e *fault.Error) {
	fmt.Fprintf(b, "%s (%s)\n", e.Message, e.Code)
	writeLine(b, "detail", e.Detail)
	writeLine(b, "hint", e.Hint)
	// The command line is the operator's own: here a cause helps and leaks nothing.
	if cause := errors.Unwrap(e); cause != nil {
		writeLine(b, "cause", cause.Error())
	}
}

func writeLine(b *strings.Builder, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "  %s: %s\n", name, text)
	}
}
