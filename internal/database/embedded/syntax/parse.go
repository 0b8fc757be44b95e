package syntax

import (
	"cmp"
	"regexp"
	"strconv"
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
	if text, err = plainStrings(text, tokens, start); err != nil {
		return nil, err
	}
	text, grown := national(text, tokens, start)
	// The line feed tells an error at the end from one at the last token.
	nodes, err := grammar(text + "\n")
	if err != nil {
		return nil, translate(err, sql, tokens, grown)
	}
	if len(nodes) != 1 || nodes[0] == nil {
		return nil, syntaxError(sql, start, tokens[0].end)
	}
	if err := checkLosses(sql, tokens); err != nil {
		return nil, err
	}
	relations := map[string]bool{}
	if err := checkTree(nodes[0], relations); err != nil {
		return nil, err
	}
	if err := checkStars(sql, tokens); err != nil {
		return nil, err
	}
	markCopies(nodes[0], sql, tokens)
	return nodes[0], checkNames(sql, tokens, relations)
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

// messages are errors of the grammar's actions that PostgreSQL gives another
// code, or words otherwise.
var messages = []struct{ prefix, code, message, hint string }{
	{"frame ", "42P20", "", ""},
	{`role name `, "42939", "", ""},
	{"LIMIT #,#", fault.SyntaxError, "LIMIT #,# syntax is not supported", "Use separate LIMIT and OFFSET clauses."},
	{"unrecognized role option", fault.SyntaxError, "", ""},
	{"UNENCRYPTED PASSWORD", fault.FeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported",
		"Remove UNENCRYPTED to store the password in encrypted form instead."},
}

// grammarError is how the grammar words an error: it names the place just behind
// the offending token.
var grammarError = regexp.MustCompile(`^parse error at position (\d+): (.*)`)

// translate turns an error of the grammar into PostgreSQL's. grown are the places
// where the text it read is longer than the statement.
func translate(err error, sql string, tokens []token, grown []int) error {
	if fault.Code(err) != "" {
		return err
	}
	m := grammarError.FindStringSubmatch(err.Error())
	if m == nil {
		return lexicalError(err.Error())
	}
	behind, _ := strconv.Atoi(m[1])
	behind = withoutNational(behind, grown) + tokens[0].start
	near := offending(tokens, behind)
	if strings.HasSuffix(m[2], "cannot be chained") {
		return unsupported("IS NULL of IS NULL without parentheses is")
	}
	for _, known := range messages {
		if strings.HasPrefix(m[2], known.prefix) {
			return fault.New(known.code, "%s", cmp.Or(known.message, m[2])).WithHint("%s", known.hint)
		}
	}
	if near < len(tokens) {
		t := tokens[near]
		if t.kind == str && sql[t.start]|0x20 == 'n' { // the N is a token of its own
			if behind == t.start+1 {
				return syntaxError(sql, t.start, behind)
			}
			t.start++
		}
		return syntaxError(sql, t.start, t.end)
	}
	if at := behindSpace(sql, tokens[len(tokens)-1].end); at < len(sql) && sql[at] == ';' {
		return syntaxError(sql, at, at+1)
	}
	return fault.New(fault.SyntaxError, "syntax error at end of input").At(position(sql, len(sql)))
}

func syntaxError(sql string, start, end int) *fault.Error {
	return fault.New(fault.SyntaxError, "syntax error at or near \"%s\"", sql[start:end]).At(position(sql, start))
}

// lexicalError is an error of the grammar's lexer, about an escape in a string.
func lexicalError(message string) error {
	switch {
	case strings.Contains(message, "surrogate"):
		return fault.New(fault.SyntaxError, "invalid Unicode surrogate pair")
	case strings.Contains(message, "expected 4 hex digits"), strings.Contains(message, "expected 8 hex digits"):
		return fault.New("22025", "invalid Unicode escape").
			WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX.")
	case strings.Contains(message, "Unicode"):
		return fault.New(fault.SyntaxError, "invalid Unicode escape value")
	}
	return fault.New(fault.SyntaxError, "%s", message)
}

// offending finds the token that ends at an offset, or holds it.
func offending(tokens []token, end int) int {
	for i, t := range tokens {
		if end <= t.end {
			return i
		}
	}
	return len(tokens)
}

// behindSpace skips white space and comments after a statement.
func behindSpace(sql string, pos int) int {
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
