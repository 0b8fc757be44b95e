// Package sqltext divides a script into its statements, as psql does, without
// understanding them: it knows strings, quoted identifiers, dollar quotes,
// comments, parentheses and SQL-standard function bodies (PostgreSQL
// documentation, "Lexical Structure"), and so which semicolon ends a statement.
//
//	for _, st := range sqltext.Split(script) {
//		fmt.Println(st.Line, st.Keyword, st.Text)
//	}
package sqltext

import (
	"strings"
	"unicode/utf8"
)

// Statement is one statement of a script.
type Statement struct {
	Text    string // from its first word, without the semicolon
	Offset  int    // of Text in the script, in bytes
	Line    int    // of Text in the script, 1-based
	Keyword string // its first word in lower case: "select"
	// Terminated tells that a semicolon ended it. Only the last statement may
	// be unterminated; then Open tells that the script ended within a string,
	// comment, parenthesis or function body.
	Terminated, Open bool
}

// Split divides a script at its semicolons. Empty statements are left out.
func Split(script string) []Statement {
	s := scanner{text: script}
	var out []Statement
	for line, counted := 1, 0; ; {
		st, found := s.statement()
		if !found {
			return out
		}
		line += strings.Count(script[counted:st.Offset], "\n")
		counted, st.Line = st.Offset, line
		out = append(out, st)
	}
}

// Position returns the line and column (1-based, in characters) of a position in
// a script, which counts characters from 1, as PostgreSQL's errors do.
func Position(script string, position int) (line, column int) {
	line, column = 1, 1
	for i, r := range script {
		if position--; position <= 0 {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		if i+utf8.RuneLen(r) >= len(script) {
			break
		}
	}
	return line, column
}

// scanner goes through a script. The zero position of a statement is known once
// its first word has been met.
type scanner struct {
	text string
	at   int
}

// statement returns the next statement that is not empty.
func (s *scanner) statement() (Statement, bool) {
	body := body{}
	start, end := -1, 0
	for s.at < len(s.text) {
		from := s.at
		t, closed := s.token()
		switch {
		case t == blank:
			body.open = !closed
			continue
		case t == semicolon && !body.inside() && start < 0:
			continue
		case t == semicolon && !body.inside():
			return s.make(start, end, true, false, body), true
		}
		if start < 0 {
			start = from
		}
		end = s.at
		body.open = !closed
		body.see(t, s.text[from:s.at])
	}
	if start < 0 {
		return Statement{}, false
	}
	return s.make(start, end, false, body.open || body.inside(), body), true
}

func (s *scanner) make(start, end int, terminated, open bool, b body) Statement {
	keyword := ""
	if len(b.words) > 0 {
		keyword = b.words[0]
	}
	return Statement{Text: s.text[start:end], Offset: start, Keyword: keyword, Terminated: terminated, Open: open}
}

// body keeps what decides whether a semicolon ends the statement: parentheses,
// and BEGIN ATOMIC … END of CREATE FUNCTION and PROCEDURE. psql counts the same
// way.
type body struct {
	words  []string // the first words, as many as decide
	parens int
	begins int
	open   bool
}

func (b *body) inside() bool { return b.parens > 0 || b.begins > 0 }

func (b *body) see(t token, text string) {
	switch {
	case t == openParen:
		b.parens++
	case t == closeParen && b.parens > 0:
		b.parens--
	case t == word:
		b.seeWord(strings.ToLower(text))
	}
}

func (b *body) seeWord(w string) {
	if len(b.words) < 4 {
		b.words = append(b.words, w)
	}
	if b.parens > 0 || !b.createsRoutine() {
		return
	}
	switch {
	case w == "begin", w == "case" && b.begins > 0:
		b.begins++
	case w == "end" && b.begins > 0:
		b.begins--
	}
}

func (b *body) createsRoutine() bool {
	w := b.words
	if len(w) > 3 && w[1] == "or" && w[2] == "replace" {
		w = w[2:]
	}
	return b.words[0] == "create" && len(w) > 1 && (w[1] == "function" || w[1] == "procedure")
}
