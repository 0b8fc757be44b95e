package main

import (
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/sqltext"
)

// withoutPsql takes out of a script what is meant for psql and a server of many
// databases, so that a dump can be read as it is. Galley has one database:
// DROP, CREATE and ALTER DATABASE and \connect at the head of a script are left
// out, each with a notice. Of psql's other commands only those that change
// nothing here may stand in a script. The rest of it keeps its positions.
func withoutPsql(script string) (rest string, notices []string, err error) {
	head, connects := script, 0
	for _, m := range sqltext.Metas(script) {
		head = sqltext.Blank(head, m.Offset, len(m.Text))
		switch word := strings.TrimRight(strings.Fields(m.Text)[0], ";"); word {
		case `\c`, `\connect`:
			connects = m.Offset
			notices = append(notices, fmt.Sprintf("line %d: left out %s", m.Line, m.Text))
		case `\restrict`, `\unrestrict`: // pg_dump's guard against commands in its data
		case `\set`:
			if !strings.HasPrefix(m.Text, `\set ON_ERROR_STOP`) {
				return "", nil, unknownMeta(m, word)
			}
		default:
			return "", nil, unknownMeta(m, word)
		}
	}
	all := sqltext.Split(head)
	end := headEnd(all)
	if end < len(all) && connects > all[end].Offset {
		return "", nil, fmt.Errorf(`\connect may only stand before a script's first statement: Galley has one database`)
	}
	for _, st := range all[:end] {
		if onDatabase(st) {
			head = sqltext.Blank(head, st.Offset, len(st.Text))
			notices = append(notices, fmt.Sprintf("line %d: left out %s", st.Line, firstLine(st.Text)))
		}
	}
	if len(notices) > 0 {
		notices = append(notices, "Galley has one database, the project's; the script runs there.")
	}
	return head, notices, nil
}

func unknownMeta(m sqltext.Meta, word string) error {
	return fmt.Errorf(`line %d: %s is a command of psql, which a script for Galley cannot hold`, m.Line, word)
}

// headEnd is the index of the first statement that no longer belongs to the
// head of a script, where a database is chosen.
func headEnd(all []sqltext.Statement) int {
	for i, st := range all {
		if !onDatabase(st) && st.Keyword != "set" && !strings.HasPrefix(strings.ToLower(st.Text), "select pg_catalog.set_config(") {
			return i
		}
	}
	return len(all)
}

func onDatabase(st sqltext.Statement) bool {
	words := strings.Fields(strings.ToLower(st.Text))
	if len(words) < 3 || words[1] != "database" {
		return false
	}
	return words[0] == "create" || words[0] == "drop" || words[0] == "alter"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
