package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/fault"
)

// Limits of one statement. PostgreSQL's is the size of its stack; these keep
// every recursion over the tree far from the end of ours.
const (
	maxParens = 500  // nested parentheses, brackets and CASE
	maxDepth  = 3000 // levels of nodes
	maxPrefix = 500  // prefix operators and NOT in a row
)

func tooDeep() *fault.Error {
	return fault.New(fault.StatementTooComplex, "stack depth limit exceeded").
		WithHint("The statement is nested too deeply.")
}

// checkEncoding refuses what is no text, as PostgreSQL does on arrival.
func checkEncoding(sql string) error {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return fault.New(fault.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
	}
	for i := 0; i < len(sql); {
		r, n := utf8.DecodeRuneInString(sql[i:])
		if r == utf8.RuneError && n == 1 {
			return fault.New(fault.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", badBytes(sql[i:]))
		}
		i += n
	}
	return nil
}

// badBytes prints an invalid sequence as long as its first byte claims.
func badBytes(s string) string {
	length := 1
	switch c := s[0]; {
	case c&0xE0 == 0xC0:
		length = 2
	case c&0xF0 == 0xE0:
		length = 3
	case c&0xF8 == 0xF0:
		length = 4
	}
	var out []string
	for _, c := range []byte(s[:min(length, len(s))]) {
		out = append(out, fmt.Sprintf("0x%02x", c))
	}
	return strings.Join(out, " ")
}

// checkDepth bounds the nesting before the grammar sees it: its own stack grows
// with it.
func checkDepth(sql string, tokens []token) error {
	depth, prefix := 0, 0
	for _, t := range tokens {
		text := sql[t.start:t.end]
		isPrefix := t.kind == operator
		switch {
		case text == "(" || text == "[":
			depth, isPrefix = depth+1, false
		case text == ")" || text == "]":
			depth, isPrefix = max(depth-1, 0), false
		case t.kind == word && strings.EqualFold(text, "case"):
			depth++
		case t.kind == word && strings.EqualFold(text, "end"):
			depth = max(depth-1, 0)
		case t.kind == word && strings.EqualFold(text, "not"):
			isPrefix = true
		}
		if prefix++; !isPrefix {
			prefix = 0
		}
		if depth > maxParens || prefix > maxPrefix {
			return tooDeep()
		}
	}
	return nil
}

// checkNames refuses relations of another database, d.s.t: the grammar keeps
// only the first part of such a name.
func checkNames(sql string, tokens []token, relations map[string]bool) error {
	isName := func(t token) bool { return t.kind == word || t.kind == quoted }
	isDot := func(t token) bool { return sql[t.start:t.end] == "." }
	for i := 0; i+4 < len(tokens); i++ {
		if !isName(tokens[i]) || !isDot(tokens[i+1]) || !isName(tokens[i+2]) || !isDot(tokens[i+3]) || !isName(tokens[i+4]) {
			continue
		}
		if relations[identifier(sql[tokens[i].start:tokens[i].end])] {
			return fault.Unsupported("cross-database references are not implemented: \"%s.%s.%s\"",
				identifier(sql[tokens[i].start:tokens[i].end]), identifier(sql[tokens[i+2].start:tokens[i+2].end]),
				identifier(sql[tokens[i+4].start:tokens[i+4].end]))
		}
	}
	return nil
}

// checkStars refuses t.* where a table must stand: the grammar drops the star.
func checkStars(sql string, tokens []token) error {
	lower := func(i int) string {
		if i < 0 || i >= len(tokens) || tokens[i].kind == quoted {
			return ""
		}
		return strings.ToLower(sql[tokens[i].start:tokens[i].end])
	}
	for i := range tokens {
		if lower(i) != "." || lower(i+1) != "*" {
			continue
		}
		first := i - 1
		for first > 1 && lower(first-1) == "." {
			first -= 2
		}
		switch before := lower(first - 1); {
		case before == "into", before == "join", before == "update", before == "table", before == "only", before == "truncate",
			before == "from" && lower(first-2) != "distinct":
			if i+2 == len(tokens) {
				return fault.New(fault.SyntaxError, "syntax error at end of input").At(position(sql, len(sql)))
			}
			return syntaxError(sql, tokens[i+2].start, tokens[i+2].end)
		}
	}
	return nil
}

// checkTree bounds the depth of the tree, and flattens chains of AND and of OR
// on the way, as PostgreSQL's grammar does. It collects the relations that are
// named without a schema.
func checkTree(root ast.Node, relations map[string]bool) (err error) {
	depth := 0
	ast.Rewrite(root, func(c *ast.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.BoolExpr:
			flatten(n)
		case *ast.RangeVar:
			if n != nil && n.SchemaName == "" {
				relations[n.RelName] = true
			}
		case *ast.A_Const:
			if n != nil && err == nil {
				err = checkConstant(n)
			}
		case *ast.RangeSubselect:
			if n != nil && n.Alias == nil && err == nil {
				err = withoutAlias(n)
			}
		}
		if depth++; depth > maxDepth {
			err = tooDeep()
		}
		if err != nil {
			depth--
			return false
		}
		return true
	}, func(*ast.Cursor) bool {
		depth--
		return err == nil
	})
	return err
}

// checkConstant refuses the NUL characters that U&'\0000' makes.
func checkConstant(k *ast.A_Const) error {
	if s, ok := k.Val.(*ast.String); ok && strings.IndexByte(s.SVal, 0) >= 0 {
		return fault.New(fault.SyntaxError, "invalid Unicode escape value")
	}
	return nil
}

// withoutAlias is the error of a subquery in FROM that has no name, which
// PostgreSQL allows since version 16 only.
func withoutAlias(n *ast.RangeSubselect) error {
	what, how := "subquery", "SELECT"
	if s, ok := n.Subquery.(*ast.SelectStmt); ok && s.ValuesLists != nil {
		what, how = "VALUES", "VALUES"
	}
	return fault.New(fault.SyntaxError, "%s in FROM must have an alias", what).
		WithHint("For example, FROM (%s ...) [AS] foo.", how)
}

// flatten turns ((a AND b) AND c) without parentheses into AND(a, b, c).
func flatten(b *ast.BoolExpr) {
	if b.Boolop == ast.NOT_EXPR || b.Args == nil {
		return
	}
	var reversed []ast.Node
	for {
		items := b.Args.Items
		for i := len(items) - 1; i > 0; i-- {
			reversed = append(reversed, items[i])
		}
		left, ok := items[0].(*ast.BoolExpr)
		if !ok || left.Boolop != b.Boolop || left.Args == nil || len(left.Args.Items) == 0 {
			reversed = append(reversed, items[0])
			break
		}
		b.Args = left.Args
	}
	flat := make([]ast.Node, 0, len(reversed))
	for i := len(reversed) - 1; i >= 0; i-- {
		flat = append(flat, reversed[i])
	}
	b.Args = ast.NewNodeList(flat...)
}

// losses are word sequences of which the grammar keeps nothing in its tree.
var losses = []struct {
	command string // how the statement begins
	words   string
	what    string
}{
	{"create", "no inherit", "NO INHERIT is"},
	{"alter", "no inherit", "NO INHERIT is"},
	{"create", "recursive view", "CREATE RECURSIVE VIEW is"},
	{"create", "constraint trigger", "CREATE CONSTRAINT TRIGGER is"},
	{"create", "temp sequence", "a temporary sequence is"},
	{"create", "temporary sequence", "a temporary sequence is"},
}

func checkLosses(sql string, tokens []token) error {
	if err := checkSubstring(sql, tokens); err != nil {
		return err
	}
	command := strings.ToLower(sql[tokens[0].start:tokens[0].end])
	if command != "create" && command != "alter" {
		return nil
	}
	for i := range tokens[:len(tokens)-1] {
		a, b := tokens[i], tokens[i+1]
		if a.kind != word || b.kind != word {
			continue
		}
		pair := strings.ToLower(sql[a.start:a.end] + " " + sql[b.start:b.end])
		for _, l := range losses {
			if l.command == command && l.words == pair {
				return unsupported(l.what)
			}
		}
	}
	return nil
}

// checkSubstring refuses SUBSTRING(… FOR … FROM …), of which the grammar mixes up
// length and place.
func checkSubstring(sql string, tokens []token) error {
	for i, t := range tokens[:len(tokens)-1] {
		next := tokens[i+1]
		if t.kind != word || !strings.EqualFold(sql[t.start:t.end], "substring") || sql[next.start:next.end] != "(" {
			continue
		}
		depth, length := 0, false
		for _, inner := range tokens[i+1:] {
			switch text := strings.ToLower(sql[inner.start:inner.end]); {
			case text == "(":
				depth++
			case text == ")":
				depth--
			case depth == 1 && inner.kind == word && text == "for":
				length = true
			case depth == 1 && inner.kind == word && text == "from" && length:
				return unsupported("SUBSTRING with FOR before FROM is")
			}
			if depth == 0 {
				break
			}
		}
	}
	return nil
}
