package syntax

import (
	"errors"
	"strings"

	"github.com/multigres/multigres/go/common/parser"
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/fault"
)

// maxIdentifier is the length in bytes of the longest identifier (NAMEDATALEN
// less one); longer ones are cut.
const maxIdentifier = 63

// Statement is one statement of a text. Node is nil for an empty one.
type Statement struct {
	Node   ast.Stmt
	Text   string
	Offset int // where Text begins in the script, in characters
}

// Parse reads exactly one statement, or none at all. Errors are those of
// PostgreSQL: 42601 with the position of the token, 54001 when the statement is
// nested too deeply, 22021 for bytes that are no text; 0A000 for what the
// grammar would not represent faithfully.
func Parse(sql string) (Statement, error) {
	all, err := Split(sql)
	if err != nil {
		return Statement{}, err
	}
	switch len(all) {
	case 0:
		return Statement{Text: sql}, nil
	case 1:
		return Statement{Node: all[0].Node, Text: sql}, nil
	}
	return Statement{}, fault.New(fault.SyntaxError, "cannot insert multiple commands into a prepared statement")
}

// Split reads a script: statements with semicolons between them. As on
// PostgreSQL, which reads the whole script before it runs any of it, a syntax
// error anywhere is the only result. Positions count in the whole script.
func Split(sql string) ([]Statement, error) {
	if err := checkEncoding(sql); err != nil {
		return nil, err
	}
	tokens, lexical := scan(sql)
	var out []Statement
	offset := counter{sql: sql}
	for _, part := range split(sql, tokens) {
		node, err := parse(sql, part)
		if err != nil {
			return nil, earlier(err, lexical)
		}
		start, end := part[0].start, part[len(part)-1].end
		out = append(out, Statement{Node: node, Text: sql[start:end], Offset: offset.characters(start)})
	}
	if lexical != nil {
		return nil, lexical
	}
	return out, nil
}

// earlier chooses between an error of the grammar and a lexical one further on:
// the grammar stops at the first, unless it only missed what stands behind the
// second.
func earlier(grammatical, lexical error) error {
	f := fault.From(grammatical)
	if lexical != nil && (f.Position == 0 || strings.HasSuffix(f.Message, "at end of input")) {
		return lexical
	}
	return grammatical
}

// counter turns rising byte offsets into characters without counting twice.
type counter struct {
	sql            string
	offset, number int
}

func (c *counter) characters(offset int) int {
	c.number += position(c.sql[c.offset:], offset-c.offset) - 1
	c.offset = offset
	return c.number
}

// parse hands one statement to the grammar.
func parse(sql string, tokens []token) (ast.Stmt, error) {
	if err := checkDepth(sql, tokens); err != nil {
		return nil, err
	}
	start, end := tokens[0].start, tokens[len(tokens)-1].end
	text, err := cutIdentifiers(sql[start:end], tokens, start)
	if err != nil {
		return nil, err
	}
	// The line feed tells an error at the end from one at the last token.
	nodes, err := grammar(text + "\n")
	if err != nil {
		return nil, translate(err, sql, tokens)
	}
	if len(nodes) != 1 || nodes[0] == nil {
		return nil, fault.New(fault.SyntaxError, "syntax error at or near \"%s\"", sql[start:tokens[0].end]).At(position(sql, start))
	}
	if err := checkLosses(sql, tokens); err != nil {
		return nil, err
	}
	if err := checkTree(nodes[0]); err != nil {
		return nil, err
	}
	return nodes[0], nil
}

// grammar runs the parser. A panic of it is a refusal of the statement.
func grammar(sql string) (nodes []ast.Stmt, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = unsupported("this statement is")
		}
	}()
	return parser.ParseSQL(sql)
}

// messages are errors of the grammar's actions that PostgreSQL words otherwise
// or gives another code.
var messages = []struct{ prefix, code, message, hint string }{
	{"frame ", "42P20", "", ""},
	{`role name `, "42939", "", ""},
	{"LIMIT #,#", fault.SyntaxError, "LIMIT #,# syntax is not supported", "Use separate LIMIT and OFFSET clauses."},
	{"unrecognized role option", fault.SyntaxError, "", ""},
	{"UNENCRYPTED PASSWORD", fault.FeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported", "Remove UNENCRYPTED to store the password in encrypted form instead."},
}

// translate turns an error of the grammar into PostgreSQL's. The grammar names
// the place just behind the offending token.
func translate(err error, sql string, tokens []token) error {
	e, ok := errors.AsType[*parser.LexerError](err)
	if !ok {
		return fault.New(fault.SyntaxError, "syntax error").WithCause(err)
	}
	near, found := offending(tokens, e.Position+tokens[0].start)
	_, text, _ := strings.Cut(e.Message, ": ")
	for _, m := range messages {
		if strings.HasPrefix(text, m.prefix) {
			message := text
			if m.message != "" {
				message = m.message
			}
			f := fault.New(m.code, "%s", message)
			f.Hint = m.hint
			if found {
				f.Position = position(sql, near.start)
			}
			return f
		}
	}
	if found {
		return fault.New(fault.SyntaxError, "syntax error at or near \"%s\"", sql[near.start:near.end]).At(position(sql, near.start))
	}
	if end := tokens[len(tokens)-1].end; end < len(sql) && strings.HasPrefix(sql[semicolon(sql, end):], ";") {
		at := semicolon(sql, end)
		return fault.New(fault.SyntaxError, "syntax error at or near \";\"").At(position(sql, at))
	}
	return fault.New(fault.SyntaxError, "syntax error at end of input").At(position(sql, len(sql)))
}

// offending finds the token that ends at an offset, or holds it.
func offending(tokens []token, end int) (token, bool) {
	for _, t := range tokens {
		if end <= t.end {
			return t, true
		}
	}
	return token{}, false
}

// semicolon skips white space and comments after a statement.
func semicolon(sql string, pos int) int {
	s := scanner{sql: sql, pos: pos}
	if s.space() != nil {
		return len(sql)
	}
	return s.pos
}

func unsupported(what string) *fault.Error {
	return fault.Unsupported("%s not supported by the embedded engine", what).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}
