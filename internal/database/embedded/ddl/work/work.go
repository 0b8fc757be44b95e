// Package work is a statement of ddl being run: the catalogue's draft, the names
// and rights of the statement, its notices, and the expressions it stores.
package work

import (
	"time"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// ReplaceColumn changes a column by replacing it with a changed copy.
func (w *Work) ReplaceColumn(t *catalog.Table, c *catalog.Column, change func(*catalog.Column)) *catalog.Column {
	n := *c
	change(&n)
	for i := range t.Columns {
		if t.Columns[i] == c {
			t.Columns[i] = &n
		}
	}
	return &n
}

// Context is what a statement runs with: the writer's connection, inside the
// statement's savepoint, and the present catalogue.
type Context struct {
	Conn       *sqlite.Conn
	Catalog    *catalog.Catalog
	Types      *types.Catalogue
	Role       string
	SearchPath []string
	Compile    Compiler
	Source     string    // the statement's text, for positions in errors
	Began      time.Time // when the transaction began
}

// Purpose says what an expression is for, which decides what it may contain.
type Purpose int

// The purposes of expressions kept in the catalogue.
const (
	Default Purpose = iota
	Check
	IndexKey
	IndexPredicate
	PolicyUsing
	PolicyCheck
	Generated // what a generated column is computed from
	// Using computes what existing rows get now: the default of a column that is
	// added, or USING of one whose type changes. What depends on the session,
	// such as now(), stands in the SQL as a constant.
	Using
)

// Compiler turns expressions kept in the catalogue into SQLite.
type Compiler interface {
	// Expr analyzes e over the columns of t (nil: over none) and returns the
	// SQLite expression, columns as bare quoted physical names, with its type.
	// want, unless zero, is the type it is assigned to (42804 when it cannot
	// be). What the purpose forbids is refused as PostgreSQL does. For Default
	// and the policies only the analysis counts, and sql may be empty.
	Expr(cat *catalog.Catalog, t *catalog.Table, e *catalog.Expr, want types.Ref, purpose Purpose) (sql string, typ types.Ref, err error)
	// View analyzes the query of a view that is being made, and changes the
	// node so that it names its sources by OID.
	View(cat *catalog.Catalog, query *ast.SelectStmt, path []string) (*ViewQuery, error)
	// Sources lists what an expression with subqueries reads, over the columns
	// of a table, and changes the node so that it names its sources by OID.
	Sources(cat *catalog.Catalog, t *catalog.Table, node ast.Node, path []string) ([]catalog.Source, error)
	// Function checks the body of a function, whose names are looked up along
	// the path (42P13 when it does not give what the function returns).
	Function(cat *catalog.Catalog, f *catalog.Function, path []string) error
	// Updatable tells why rows cannot be changed through a view.
	Updatable(cat *catalog.Catalog, v *catalog.View) (reason, err error)
}

// ViewQuery is the query of a view, understood.
type ViewQuery struct {
	Columns []ViewColumn
	Sources []catalog.Source
	// Updatable is why rows cannot be changed through the view, nil if they can.
	Updatable error
}

// ViewColumn is an output of a view's query.
type ViewColumn struct {
	Name   string
	Type   types.Ref
	Origin catalog.Origin
}

// Notice is a message that comes with success.
type Notice struct {
	Severity string // NOTICE or WARNING
	Code     string
	Message  string
	Detail   string
	Hint     string
}

// Work is one statement being run.
type Work struct {
	*Context
	d       *catalog.Draft
	Notices []Notice
	changed bool // the catalogue
}

// New begins a statement.
func New(c *Context) *Work {
	own := *c
	return &Work{Context: &own, d: c.Catalog.Draft()}
}

// Save stores the changed catalogue and returns it, nil when nothing changed.
func (w *Work) Save() (*catalog.Catalog, error) {
	if !w.changed {
		return nil, nil
	}
	return w.d.Save(w.Conn)
}

// Cat is the catalogue as changed so far.
func (w *Work) Cat() *catalog.Catalog { return w.d.Catalog() }

// Draft is the catalogue's draft, to be changed.
func (w *Work) Draft() *catalog.Draft {
	w.changed = true
	return w.d
}

// Notice adds a notice.
func (w *Work) Notice(format string, args ...any) {
	w.Notices = append(w.Notices, Notice{Severity: "NOTICE", Code: "00000", Message: fault.New("", format, args...).Message})
}

// Warning adds a warning.
func (w *Work) Warning(code, format string, args ...any) {
	w.Notices = append(w.Notices, Notice{Severity: "WARNING", Code: code, Message: fault.New("", format, args...).Message})
}

// At adds to an error where in the statement a name stands, if that is certain:
// if it stands there once.
func (w *Work) At(e *fault.Error, name string) *fault.Error {
	if syntax.Locate(w.Source, name, 1) != 0 {
		return e
	}
	return e.At(syntax.Locate(w.Source, name, 0))
}

// Unsupported refuses what PostgreSQL can do and this engine cannot. The text ends
// in the verb: "a temporary table is".
func Unsupported(format string, args ...any) *fault.Error {
	return fault.Unsupported(format+" not supported by the embedded engine", args...).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// Items are the nodes of a list, which may be nil.
func Items(l *ast.NodeList) []ast.Node {
	if l == nil {
		return nil
	}
	return l.Items
}

// Names are the strings of a list.
func Names(l *ast.NodeList) []string {
	var out []string
	for _, n := range Items(l) {
		if s, ok := n.(*ast.String); ok {
			out = append(out, s.SVal)
		}
	}
	return out
}

// Exec executes a statement with parameters and without a result.
func (w *Work) Exec(sql string, args ...sqlite.Value) error {
	s, err := w.Conn.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Reset()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			return err
		}
	}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
	}
}

// First returns the first row of a query, nil when there is none.
func (w *Work) First(sql string) ([]sqlite.Value, error) {
	s, err := w.Conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	found, err := s.Step()
	if err != nil || !found {
		return nil, err
	}
	out := make([]sqlite.Value, s.ColumnCount())
	for i := range out {
		out[i] = s.Column(i)
	}
	return out, nil
}

// Superuser refuses what only a superuser does here.
func (w *Work) Superuser(format string, args ...any) error {
	if r := w.Catalog.Roles[w.Role]; r != nil && r.Superuser {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, format, args...)
}
