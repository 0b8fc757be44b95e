// Package ddl runs the statements that change the embedded engine's catalogue:
// tables, indexes, schemas, sequences, roles, privileges and policies, with
// PostgreSQL's checks, errors, notices and generated names. Both the catalogue
// and the tables in the file change inside the caller's transaction, so a
// rollback undoes both; the caller then keeps the catalogue it had.
//
//	tag, next, notices, err := ddl.Run(&ddl.Context{Conn: conn, Catalog: cat, …}, node)
//
// What has no handler here is refused with SQLSTATE 0A000.
package ddl

import (
	"regexp"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Context is what a statement runs with: the writer's connection, inside the
// statement's savepoint, and the present catalogue.
type Context struct {
	Conn       *sqlite.Conn
	Catalog    *catalog.Catalog
	Types      *types.Catalogue
	Role       string
	SearchPath []string
	Compile    Compiler
	Source     string // the statement's text, for positions in errors
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
}

// Notice is a message that comes with success.
type Notice struct {
	Severity string // NOTICE or WARNING
	Code     string
	Message  string
	Detail   string
	Hint     string
}

// work is one statement being run.
type work struct {
	*Context
	d       *catalog.Draft
	notices []Notice
	changed bool // the catalogue
}

// Tag returns the command tag of a statement ("CREATE TABLE"), "" when Run does
// not take care of it.
func Tag(node ast.Node) string {
	tag, _ := handle(node)
	return tag
}

// Handles tells whether Run takes care of a statement.
func Handles(node ast.Node) bool { return Tag(node) != "" }

// Run runs a statement and returns its command tag and the new catalogue, nil
// when nothing changed in it.
func Run(c *Context, node ast.Node) (tag string, next *catalog.Catalog, notices []Notice, err error) {
	tag, do := handle(node)
	if do == nil {
		return "", nil, nil, unsupported("this statement is")
	}
	own := *c
	w := &work{Context: &own, d: c.Catalog.Draft()}
	if err = do(w); err != nil {
		return "", nil, w.notices, err
	}
	if w.changed {
		next, err = w.d.Save(c.Conn)
	}
	return tag, next, w.notices, err
}

// on binds a statement to what runs it.
func on[N any](run func(*work, N) error, n N) func(*work) error {
	return func(w *work) error { return run(w, n) }
}

// handle returns a statement's command tag and what runs it.
func handle(node ast.Node) (string, func(*work) error) {
	switch n := node.(type) {
	case *ast.CreateStmt:
		return "CREATE TABLE", on((*work).createTable, n)
	case *ast.IndexStmt:
		return "CREATE INDEX", on((*work).createIndex, n)
	case *ast.CreateSchemaStmt:
		return "CREATE SCHEMA", on((*work).createSchema, n)
	case *ast.CreateSeqStmt:
		return "CREATE SEQUENCE", on((*work).createSequence, n)
	case *ast.AlterSeqStmt:
		return "ALTER SEQUENCE", on((*work).alterSequence, n)
	case *ast.AlterTableStmt:
		return "ALTER TABLE", on((*work).alterTable, n)
	case *ast.TruncateStmt:
		return "TRUNCATE TABLE", on((*work).truncate, n)
	case *ast.DropStmt:
		return dropTag(n), on((*work).drop, n)
	case *ast.RenameStmt:
		return renameTag(n), on((*work).rename, n)
	case *ast.AlterObjectSchemaStmt:
		return "ALTER TABLE", on((*work).setSchema, n)
	case *ast.AlterOwnerStmt:
		return "ALTER SCHEMA", on((*work).alterOwner, n)
	case *ast.CommentStmt:
		return "COMMENT", on((*work).comment, n)
	}
	return handleRights(node)
}

// handleRights is handle for roles, privileges and policies.
func handleRights(node ast.Node) (string, func(*work) error) {
	switch n := node.(type) {
	case *ast.GrantStmt:
		if n.IsGrant {
			return "GRANT", on((*work).grant, n)
		}
		return "REVOKE", on((*work).grant, n)
	case *ast.GrantRoleStmt:
		if n.IsGrant {
			return "GRANT ROLE", on((*work).grantRole, n)
		}
		return "REVOKE ROLE", on((*work).grantRole, n)
	case *ast.AlterDefaultPrivilegesStmt:
		return "ALTER DEFAULT PRIVILEGES", on((*work).defaultPrivileges, n)
	case *ast.CreatePolicyStmt:
		return "CREATE POLICY", on((*work).createPolicy, n)
	case *ast.AlterPolicyStmt:
		return "ALTER POLICY", on((*work).alterPolicy, n)
	case *ast.CreateRoleStmt:
		return "CREATE ROLE", on((*work).createRole, n)
	case *ast.DropRoleStmt:
		return "DROP ROLE", on((*work).dropRole, n)
	}
	return "", nil
}

var objectKinds = map[ast.ObjectType]string{
	ast.OBJECT_TABLE: "TABLE", ast.OBJECT_COLUMN: "TABLE", ast.OBJECT_TABCONSTRAINT: "TABLE", ast.OBJECT_INDEX: "INDEX",
	ast.OBJECT_SEQUENCE: "SEQUENCE", ast.OBJECT_SCHEMA: "SCHEMA", ast.OBJECT_POLICY: "POLICY", ast.OBJECT_VIEW: "VIEW",
	ast.OBJECT_MATVIEW: "MATERIALIZED VIEW", ast.OBJECT_TYPE: "TYPE",
}

func dropTag(n *ast.DropStmt) string {
	if kind := objectKinds[n.RemoveType]; kind != "" {
		return "DROP " + kind
	}
	return "DROP"
}

func renameTag(n *ast.RenameStmt) string {
	if kind := objectKinds[n.RenameType]; kind != "" {
		return "ALTER " + kind
	}
	return "ALTER"
}

// cat is the catalogue as changed so far.
func (w *work) cat() *catalog.Catalog { return w.d.Catalog() }

// draft is the catalogue's draft, to be changed.
func (w *work) draft() *catalog.Draft {
	w.changed = true
	return w.d
}

func (w *work) notice(format string, args ...any) {
	w.notices = append(w.notices, Notice{Severity: "NOTICE", Code: "00000", Message: fault.New("", format, args...).Message})
}

func (w *work) warning(code, format string, args ...any) {
	w.notices = append(w.notices, Notice{Severity: "WARNING", Code: code, Message: fault.New("", format, args...).Message})
}

// at adds to an error where in the statement a name stands, if that is certain:
// if it stands there once.
func (w *work) at(e *fault.Error, name string) *fault.Error {
	if syntax.Locate(w.Source, name, 1) != 0 {
		return e
	}
	return e.At(syntax.Locate(w.Source, name, 0))
}

// missingColumn matches the error about a column that an expression names.
var missingColumn = regexp.MustCompile(`^column "?([^".]+)"? does not exist$`)

// located adds to an error of a stored expression where in the statement the
// column stands that it is about.
func (w *work) located(err error) error {
	if fault.Code(err) != fault.UndefinedColumn {
		return err
	}
	f := fault.From(err)
	if m := missingColumn.FindStringSubmatch(f.Message); m != nil {
		return w.at(f, m[1])
	}
	return err
}

// stored turns an expression of the statement into one for the catalogue.
func (w *work) stored(node ast.Node) (*catalog.Expr, error) {
	sql, err := syntax.Deparse(node)
	if err != nil {
		return nil, err
	}
	return &catalog.Expr{SQL: sql, SearchPath: slices.Clone(w.SearchPath)}, nil
}

func unsupported(format string, args ...any) *fault.Error {
	return fault.Unsupported(format+" not supported by the embedded engine", args...).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// items are the nodes of a list, which may be nil.
func items(l *ast.NodeList) []ast.Node {
	if l == nil {
		return nil
	}
	return l.Items
}

// names are the strings of a list.
func names(l *ast.NodeList) []string {
	var out []string
	for _, n := range items(l) {
		if s, ok := n.(*ast.String); ok {
			out = append(out, s.SVal)
		}
	}
	return out
}
