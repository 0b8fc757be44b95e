package postgres

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// checkText refuses what the protocol cannot carry and what would take the
// transaction or the connection out of our hands.
func checkText(sql string, found []sqltext.Statement) error {
	if strings.IndexByte(sql, 0) >= 0 {
		return fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x00`)
	}
	for _, st := range found {
		if err := checkCommand(st.Keyword); err != nil {
			return err.At(utf8.RuneCountInString(sql[:st.Offset]) + 1)
		}
	}
	return nil
}

func checkCommand(keyword string) *fault.Error {
	switch keyword {
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
		return fault.Unsupported("%s is not supported within a statement or script", strings.ToUpper(keyword)).
			WithHint("Transactions are begun and ended by the caller, not by SQL text.")
	case "prepare", "execute", "deallocate":
		return fault.Unsupported("%s is not supported: statements are prepared automatically", strings.ToUpper(keyword))
	case "copy":
		return fault.Unsupported("COPY is not supported here").
			WithHint("Use INSERT, or psql on the database itself.")
	}
	return nil
}

// traits are what a statement's text tells about how to treat it.
type traits struct {
	cache bool // worth preparing
	ddl   bool // may change the schema
	dirty bool // may leave something on the session
}

// texts remembers the traits of statements' texts: the same ones come again and
// again.
type texts struct {
	mu    sync.RWMutex
	known map[string]traits
}

const (
	maxTexts = 2048    // that are remembered at a time
	maxText  = 8 << 10 // bytes of a text that is remembered
)

// traits returns those of a statement, or why it is refused. Of several statements
// in a text only the first is checked: the server says what it thinks of them.
func (t *texts) traits(sql string) (traits, error) {
	t.mu.RLock()
	known, ok := t.known[sql]
	t.mu.RUnlock()
	if ok {
		return known, nil
	}
	found := sqltext.Split(sql)
	if err := checkText(sql, found[:min(len(found), 1)]); err != nil {
		return traits{}, err
	}
	known = traitsOf(sql, found)
	if len(sql) <= maxText {
		t.keep(sql, known)
	}
	return known, nil
}

func (t *texts) keep(sql string, found traits) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTexts {
		t.known = make(map[string]traits)
	}
	t.known[strings.Clone(sql)] = found
}

func traitsOf(sql string, found []sqltext.Statement) traits {
	var t traits
	for _, st := range found {
		switch st.Keyword {
		case "select", "insert", "update", "delete", "with", "values", "table", "merge":
			t.cache = len(found) == 1 && len(sql) <= maxCached
		case "explain", "show", "lock", "truncate", "analyze", "refresh":
		case "create", "alter", "drop", "comment", "grant", "revoke", "import", "reassign", "security":
			t.ddl = true
			t.dirty = t.dirty || containsFold(st.Text, "temp")
		default: // SET, LISTEN, DO, CALL …
			t.ddl, t.dirty = true, true
		}
	}
	t.dirty = t.dirty || leavesTraces(sql)
	return t
}

// leavesTraces looks for functions that change the session itself. What it
// finds in a string or comment costs one clean-up more than needed.
func leavesTraces(sql string) bool {
	for _, word := range []string{"set_config", "pg_advisory_lock", "pg_try_advisory_lock", " into temp"} {
		if containsFold(sql, word) {
			return true
		}
	}
	return false
}

// containsFold looks for a word in lower-case ASCII, whatever its case in s.
func containsFold(s, word string) bool {
	first, upper := word[0], word[0]
	if first >= 'a' && first <= 'z' {
		upper = first - 'a' + 'A'
	}
	for i := 0; i+len(word) <= len(s); i++ {
		if (s[i] == first || s[i] == upper) && strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
