package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/cmd/galley/terminal"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
)

// maxAligned bounds the rows that are held to align their columns; more are
// printed in batches, each aligned by itself.
const maxAligned = 1000

// print writes a result: a table, or JSON; of a statement without one the tag.
func (s *shell) print(rows database.Rows) error {
	defer rows.Close()
	if s.json {
		return s.printJSON(rows)
	}
	if len(rows.Columns()) == 0 {
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, rows.Tag())
		return err
	}
	return s.printTable(rows)
}

func (s *shell) printTable(rows database.Rows) error {
	t := newTable(rows.Columns())
	count := 0
	for rows.Next() {
		t.add(rows)
		if count++; count%maxAligned == 0 {
			if err := t.flush(s.out); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := t.flush(s.out); err != nil {
		return err
	}
	plural := "s"
	if count == 1 {
		plural = ""
	}
	_, err := fmt.Fprintf(s.out, "(%d row%s)\n\n", count, plural)
	return err
}

// table aligns rows as psql does.
type table struct {
	columns []database.Column
	rows    [][]string
	begun   bool
}

func newTable(columns []database.Column) *table { return &table{columns: columns} }

func (t *table) add(rows database.Rows) {
	row := make([]string, len(t.columns))
	for i := range row {
		row[i] = terminal.Printable(string(rows.Value(i)))
	}
	t.rows = append(t.rows, row)
}

// flush prints what was gathered, below a header the first time.
func (t *table) flush(w io.Writer) error {
	if t.begun && len(t.rows) == 0 {
		return nil
	}
	widths := t.widths()
	var b strings.Builder
	if !t.begun {
		t.header(&b, widths)
	}
	for _, row := range t.rows {
		t.line(&b, row, widths)
	}
	t.begun, t.rows = true, t.rows[:0]
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *table) widths() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.Name)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	return widths
}

func (t *table) header(b *strings.Builder, widths []int) {
	names, rule := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		name := terminal.Printable(c.Name)
		space := widths[i] - utf8.RuneCountInString(name)
		names[i] = " " + strings.Repeat(" ", space/2) + name + strings.Repeat(" ", space-space/2) + " "
		rule[i] = strings.Repeat("-", widths[i]+2)
	}
	b.WriteString(strings.Join(names, "|") + "\n" + strings.Join(rule, "+") + "\n")
}

func (t *table) line(b *strings.Builder, row []string, widths []int) {
	for i, cell := range row {
		if i > 0 {
			b.WriteString("|")
		}
		space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if numeric(t.columns[i].Type) {
			b.WriteString(" " + space + cell)
		} else {
			b.WriteString(" " + cell + space)
		}
		if i < len(row)-1 {
			b.WriteString(" ")
		}
	}
	b.WriteString("\n")
}

func numeric(typeName string) bool {
	switch typeName {
	case "int2", "int4", "int8", "numeric", "float4", "float8", "oid":
		return true
	}
	return false
}

// printJSON writes a result as a JSON array of objects, row by row. A statement
// without a result writes nothing.
func (s *shell) printJSON(rows database.Rows) error {
	columns := rows.Columns()
	s.printed = s.printed || len(columns) > 0
	separator := "["
	for rows.Next() {
		if _, err := fmt.Fprint(s.out, separator, jsonRow(columns, rows)); err != nil {
			return err
		}
		separator = ",\n "
	}
	if err := rows.Err(); err != nil || len(columns) == 0 {
		return err
	}
	end := "]\n"
	if separator == "[" {
		end = "[]\n"
	}
	_, err := io.WriteString(s.out, end)
	return err
}

func jsonRow(columns []database.Column, rows database.Rows) string {
	var b strings.Builder
	for i, c := range columns {
		if i == 0 {
			b.WriteString("{")
		} else {
			b.WriteString(",")
		}
		b.WriteString(quoteJSON(c.Name) + ":" + jsonValue(c.Type, rows.Value(i)))
	}
	return b.String() + "}"
}

// jsonValue renders a value as row_to_json does: numbers, booleans and JSON as
// they are, everything else as a string.
func jsonValue(typeName string, value []byte) string {
	if value == nil {
		return "null"
	}
	text := string(value)
	switch typeName {
	case "bool":
		if text == "t" {
			return "true"
		}
		return "false"
	case "int2", "int4", "int8", "numeric", "float4", "float8", "json", "jsonb":
		if json.Valid(value) { // not NaN and the infinities
			return text
		}
	}
	return quoteJSON(text)
}

func quoteJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String(), "\n")
}

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
