package migrate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/sqltext"
)

// offered are the extensions whose schemas Galley has itself, with the part of
// its own schema that makes them.
var offered = map[string]string{"pg_cron": "cron", "pg_net": "calls", "pgmq": "pgmq"}

// aboutOffered finds a statement that makes, changes or describes one of them.
var aboutOffered = regexp.MustCompile(`(?is)^(?:create\s+extension(?:\s+if\s+not\s+exists)?|alter\s+extension|comment\s+on\s+extension)\s+("?)(pg_cron|pg_net|pgmq)("?)(?:\s|$)`)

// WithoutOffered blanks out of a script what makes the extensions pg_cron, pg_net
// and pgmq where Galley's own functions are in their place, as scripts of Supabase
// projects begin. left are the statements, notices say which. The rest keeps its
// positions. Where the extension itself is installed nothing is left out. engine is
// that of tx, which the owner must be in. Errors are those of the database.
func WithoutOffered(ctx context.Context, engine string, tx database.Tx, script string) (rest string, left []sqltext.Statement, notices []string, err error) {
	rest = script
	for _, st := range sqltext.Split(script) {
		name := offeredIn(st)
		if name == "" {
			continue
		}
		ours, err := isOurs(ctx, engine, tx, name)
		if err != nil {
			return "", nil, nil, err
		}
		if !ours {
			continue
		}
		left = append(left, st)
		notices = append(notices, fmt.Sprintf("line %d: left out what is said of the extension %s, whose functions Galley has itself", st.Line, name))
	}
	for _, st := range slices.Backward(left) { // blanks are fewer bytes than other letters
		rest = sqltext.Blank(rest, st.Offset, len(st.Text))
	}
	return rest, left, notices, nil
}

// offeredIn names the extension that a statement is about, "" for none of Galley's.
func offeredIn(st sqltext.Statement) string {
	switch st.Keyword {
	case "create", "alter", "comment":
	default:
		return ""
	}
	m := aboutOffered.FindStringSubmatch(st.Text)
	if m == nil || m[1] != m[3] {
		return ""
	}
	if m[1] == "" {
		return strings.ToLower(m[2])
	}
	if offered[m[2]] == "" { // a quoted name is as it is written
		return ""
	}
	return m[2]
}

// isOurs tells whether Galley made the schema of an extension in this database.
func isOurs(ctx context.Context, engine string, tx database.Tx, name string) (bool, error) {
	query := database.Statement{SQL: `SELECT key FROM galley.settings WHERE key = $1`, Args: database.Args("schema." + offered[name])}
	if engine != "embedded" {
		query.SQL += ` AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = $2)`
		query.Args = database.Args("schema."+offered[name], name)
	}
	rows, err := database.Collect(tx.Query(ctx, query))
	return len(rows) > 0, err
}
