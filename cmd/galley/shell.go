package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/sqltext"
)

// shell runs SQL for a person and prints what comes of it.
type shell struct {
	db      database.DB
	session database.Session
	json    bool
	out     io.Writer
	err     io.Writer // takes notices
	history []string  // statements of this session, the oldest first
	printed bool      // a result was printed
}

// maxHistory bounds the statements remembered.
const maxHistory = 500

// script runs statements in one transaction: all of them, or none.
func (s *shell) script(ctx context.Context, sql string) error {
	s.printed = false
	err := database.InTx(ctx, s.db, s.session, database.TxOptions{}, func(tx database.Tx) error {
		rest, err := s.withoutOffered(ctx, tx, sql)
		if err != nil {
			return err
		}
		return tx.Script(ctx, rest, s.print)
	})
	if err == nil && s.json && !s.printed {
		_, err = fmt.Fprintln(s.out, "[]") // who reads JSON gets some
	}
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Position > 0 {
		line, column := sqltext.Position(sql, e.Position)
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	return err
}

// withoutOffered leaves out of the owner's script what makes extensions whose
// functions Galley has.
func (s *shell) withoutOffered(ctx context.Context, tx database.Tx, sql string) (string, error) {
	if s.session.Role != "" {
		return sql, nil
	}
	rest, _, notices, err := migrate.WithoutOffered(ctx, s.db.Engine(), tx, sql)
	for _, n := range notices {
		_, _ = fmt.Fprintln(s.err, "notice:", n)
	}
	return rest, err
}

// prompt reads statements and commands until the end, or until ctx is done. An
// error is printed, and the prompt goes on.
func (s *shell) prompt(ctx context.Context, in io.Reader) error {
	_, _ = fmt.Fprintf(s.out, "Galley %s, %s engine. \\? for help.\n", version, s.db.Engine())
	lines := readLines(in)
	pending := ""
	for {
		s.invite(pending != "")
		select {
		case <-ctx.Done():
			_, _ = fmt.Fprintln(s.out)
			return nil
		case line, more := <-lines:
			if !more {
				_, _ = fmt.Fprintln(s.out)
				return nil
			}
			var quit bool
			if pending, quit = s.line(ctx, pending, line); quit {
				return nil
			}
		}
	}
}

// readLines reads lines in the background, since a read from a terminal cannot be
// interrupted. It ends with the input, or with the process.
func readLines(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxScript)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
	}()
	return lines
}

// line takes a line after what is pending, and returns what is pending then, and
// whether to quit.
func (s *shell) line(ctx context.Context, pending, line string) (string, bool) {
	if pending == "" && strings.HasPrefix(strings.TrimSpace(line), `\`) {
		return "", s.command(ctx, strings.Fields(line))
	}
	pending += line + "\n"
	if !complete(pending) {
		return pending, false
	}
	s.interactive(ctx, pending)
	return "", false
}

func (s *shell) invite(more bool) {
	text := "galley=> "
	if more {
		text = "galley-> "
	}
	_, _ = fmt.Fprint(s.out, text)
}

// complete tells whether a text is blank or ends with a statement's semicolon.
func complete(text string) bool {
	all := sqltext.Split(text)
	return len(all) == 0 || all[len(all)-1].Terminated
}

func (s *shell) interactive(ctx context.Context, sql string) {
	if strings.TrimSpace(sql) == "" {
		return
	}
	s.history = append(s.history, strings.TrimSpace(sql))
	if len(s.history) > maxHistory {
		s.history = s.history[1:]
	}
	if err := s.script(ctx, sql); err != nil {
		printError(s.out, err)
	}
}

// command runs a backslash command and tells whether it was \q.
func (s *shell) command(ctx context.Context, words []string) bool {
	argument := ""
	if len(words) > 1 {
		argument = words[1]
	}
	var err error
	switch words[0] {
	case `\q`:
		return true
	case `\dt`:
		err = s.listTables(ctx)
	case `\d`:
		err = s.describe(ctx, argument)
	case `\s`:
		for _, h := range s.history {
			_, _ = fmt.Fprintln(s.out, h)
		}
	case `\role`:
		s.session.Role = argument
	case `\?`:
		_, _ = fmt.Fprint(s.out, promptHelp)
	default:
		err = fmt.Errorf(`unknown command %s; \? lists them`, words[0])
	}
	if err != nil {
		printError(s.out, err)
	}
	return false
}

const promptHelp = `  SQL ends with a semicolon and may span lines.
  \dt           list tables and views
  \d NAME       describe a table or view
  \role NAME    go on as a role; without NAME as the owner
  \s            show this session's statements
  \q            quit
`
