package syntax

import "strings"

// split groups tokens into statements: at semicolons outside of parentheses and
// of the BEGIN ATOMIC bodies of functions. Empty statements are left out.
func split(sql string, tokens []token) [][]token {
	var out [][]token
	first, d := 0, nesting{sql: sql}
	for i, t := range tokens {
		if !d.ends(t) {
			continue
		}
		if i > first {
			out = append(out, tokens[first:i])
		}
		first, d = i+1, nesting{sql: sql}
	}
	if first < len(tokens) {
		out = append(out, tokens[first:])
	}
	return out
}

// nesting follows what may hold semicolons.
type nesting struct {
	sql     string
	parens  int
	blocks  int      // BEGIN ATOMIC and the CASE inside
	head    []string // the first key words, which tell CREATE FUNCTION
	routine bool
}

// ends takes in a token and tells whether it ends the statement.
func (n *nesting) ends(t token) bool {
	switch t.kind {
	case operator:
		switch n.sql[t.start:t.end] {
		case "(":
			n.parens++
		case ")":
			n.parens = max(n.parens-1, 0)
		case ";":
			return n.parens == 0 && n.blocks == 0
		}
	case word:
		n.word(n.sql[t.start:t.end])
	}
	return false
}

func (n *nesting) word(w string) {
	if len(n.head) < 4 {
		n.head = append(n.head, strings.ToLower(w))
		n.routine = isRoutine(n.head)
	}
	if !n.routine || n.parens > 0 {
		return
	}
	switch {
	case strings.EqualFold(w, "begin"):
		n.blocks++
	case n.blocks > 0 && strings.EqualFold(w, "case"):
		n.blocks++
	case n.blocks > 0 && strings.EqualFold(w, "end"):
		n.blocks--
	}
}

// isRoutine recognizes CREATE [OR REPLACE] FUNCTION or PROCEDURE.
func isRoutine(head []string) bool {
	if len(head) >= 4 && head[1] == "or" && head[2] == "replace" {
		head = []string{head[0], head[3]}
	}
	return len(head) >= 2 && head[0] == "create" && (head[1] == "function" || head[1] == "procedure")
}
