// Package ddl runs the statements that change the embedded engine's catalogue,
// with PostgreSQL's checks, errors, notices and generated names. Both the
// catalogue and the tables in the file change inside the caller's transaction, so
// a rollback undoes both; the caller then keeps the catalogue it had.
//
//	tag, next, notices, err := ddl.Run(&ddl.Context{Conn: conn, Catalog: cat, …}, node)
//
// What has no handler here is refused with SQLSTATE 0A000. This package is the
// table of handlers; the statements themselves are in the parts:
//
//	work       a statement being run: catalogue draft, names, rights, notices
//	physical   what a table is in the file
//	depend     what depends on an object, and the expressions that name it
//	sequence   sequences
//	table      tables with their columns, constraints and indexes
//	enums      types of labels
//	view       views
//	function   functions in SQL
//	trigger    the trigger that keeps the times of a row
//	schema     schemas and comments
//	privilege  grants, roles and policies
//
// A part imports those above it only.
package ddl

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/enums"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/extension"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/function"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/privilege"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/schema"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/table"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/trigger"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/view"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// What callers give to Run and get from it.
type (
	Context  = work.Context
	Compiler = work.Compiler
	Purpose  = work.Purpose
	Notice   = work.Notice

	ViewQuery  = work.ViewQuery
	ViewColumn = work.ViewColumn
)

// The purposes of expressions kept in the catalogue.
const (
	Default        = work.Default
	Check          = work.Check
	IndexKey       = work.IndexKey
	IndexPredicate = work.IndexPredicate
	PolicyUsing    = work.PolicyUsing
	PolicyCheck    = work.PolicyCheck
	Using          = work.Using
	Generated      = work.Generated
)

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
		return "", nil, nil, work.Unsupported("this statement is")
	}
	w := work.New(c)
	if err = do(w); err != nil {
		return "", nil, w.Notices, err
	}
	next, err = w.Save()
	return tag, next, w.Notices, err
}

// on binds a statement to what runs it.
func on[N any](run func(*work.Work, N) error, n N) func(*work.Work) error {
	return func(w *work.Work) error { return run(w, n) }
}

// handle returns a statement's command tag and what runs it.
func handle(node ast.Node) (string, func(*work.Work) error) {
	switch n := node.(type) {
	case *ast.CreateStmt:
		return "CREATE TABLE", on(table.Create, n)
	case *ast.IndexStmt:
		return "CREATE INDEX", on(table.CreateIndex, n)
	case *ast.CreateEnumStmt:
		return "CREATE TYPE", on(enums.Create, n)
	case *ast.AlterEnumStmt:
		return "ALTER TYPE", on(enums.Alter, n)
	case *ast.CreateFunctionStmt:
		return "CREATE FUNCTION", on(function.Create, n)
	case *ast.AlterFunctionStmt:
		return "ALTER FUNCTION", on(function.Alter, n)
	case *ast.CreateTriggerStmt:
		return "CREATE TRIGGER", on(trigger.Create, n)
	case *ast.CreateExtensionStmt:
		return "CREATE EXTENSION", on(extension.Create, n)
	case *ast.CreateSchemaStmt:
		return "CREATE SCHEMA", on(schema.Create, n)
	case *ast.CreateSeqStmt:
		return "CREATE SEQUENCE", on(sequence.Create, n)
	case *ast.AlterSeqStmt:
		return "ALTER SEQUENCE", on(sequence.Alter, n)
	case *ast.ViewStmt:
		return "CREATE VIEW", on(view.Create, n)
	case *ast.AlterTableStmt:
		return alterTag(n.Objtype), on(alterRelation, n)
	case *ast.TruncateStmt:
		return "TRUNCATE TABLE", on(table.Truncate, n)
	case *ast.DropStmt:
		return dropTag(n), on(drop, n)
	case *ast.RenameStmt:
		return renameTag(n), on(rename, n)
	case *ast.AlterObjectSchemaStmt:
		return alterTag(n.ObjectType), on(setSchema, n)
	case *ast.AlterOwnerStmt:
		switch n.ObjectType {
		case ast.OBJECT_TYPE:
			return "ALTER TYPE", on(enums.SetOwner, n)
		case ast.OBJECT_FUNCTION:
			return "ALTER FUNCTION", on(function.SetOwner, n)
		}
		return "ALTER SCHEMA", on(schema.AlterOwner, n)
	case *ast.CommentStmt:
		switch n.Objtype {
		case ast.OBJECT_TYPE:
			return "COMMENT", on(enums.Comment, n)
		case ast.OBJECT_FUNCTION:
			return "COMMENT", on(function.Comment, n)
		}
		return "COMMENT", on(schema.Comment, n)
	}
	return handleRights(node)
}

// handleRights is handle for roles, privileges and policies.
func handleRights(node ast.Node) (string, func(*work.Work) error) {
	switch n := node.(type) {
	case *ast.GrantStmt:
		if n.IsGrant {
			return "GRANT", on(privilege.Grant, n)
		}
		return "REVOKE", on(privilege.Grant, n)
	case *ast.GrantRoleStmt:
		if n.IsGrant {
			return "GRANT ROLE", on(privilege.GrantRole, n)
		}
		return "REVOKE ROLE", on(privilege.GrantRole, n)
	case *ast.AlterDefaultPrivilegesStmt:
		return "ALTER DEFAULT PRIVILEGES", on(privilege.AlterDefault, n)
	case *ast.CreatePolicyStmt:
		return "CREATE POLICY", on(privilege.CreatePolicy, n)
	case *ast.AlterPolicyStmt:
		return "ALTER POLICY", on(privilege.AlterPolicy, n)
	case *ast.CreateRoleStmt:
		return "CREATE ROLE", on(privilege.CreateRole, n)
	case *ast.DropRoleStmt:
		return "DROP ROLE", on(privilege.DropRole, n)
	case *ast.AlterRoleStmt:
		return "ALTER ROLE", on(privilege.AlterRole, n)
	case *ast.ReassignOwnedStmt:
		return "REASSIGN OWNED", on(privilege.Reassign, n)
	case *ast.DropOwnedStmt:
		return "DROP OWNED", on(privilege.DropOwned, n)
	}
	return "", nil
}

var objectKinds = map[ast.ObjectType]string{
	ast.OBJECT_TABLE: "TABLE", ast.OBJECT_COLUMN: "TABLE", ast.OBJECT_TABCONSTRAINT: "TABLE", ast.OBJECT_INDEX: "INDEX",
	ast.OBJECT_SEQUENCE: "SEQUENCE", ast.OBJECT_SCHEMA: "SCHEMA", ast.OBJECT_POLICY: "POLICY", ast.OBJECT_VIEW: "VIEW",
	ast.OBJECT_MATVIEW: "MATERIALIZED VIEW", ast.OBJECT_ROLE: "ROLE", ast.OBJECT_TYPE: "TYPE",
	ast.OBJECT_EXTENSION: "EXTENSION", ast.OBJECT_FUNCTION: "FUNCTION", ast.OBJECT_TRIGGER: "TRIGGER",
}

func dropTag(n *ast.DropStmt) string {
	if kind := objectKinds[n.RemoveType]; kind != "" {
		return "DROP " + kind
	}
	return "DROP"
}

func renameTag(n *ast.RenameStmt) string {
	if n.RenameType == ast.OBJECT_COLUMN && n.RelationType == ast.OBJECT_VIEW {
		return "ALTER VIEW"
	}
	if kind := objectKinds[n.RenameType]; kind != "" {
		return "ALTER " + kind
	}
	return "ALTER"
}

func drop(w *work.Work, n *ast.DropStmt) error {
	switch n.RemoveType {
	case ast.OBJECT_TABLE:
		return table.Drop(w, n)
	case ast.OBJECT_VIEW:
		return view.Drop(w, n)
	case ast.OBJECT_TYPE:
		return enums.Drop(w, n)
	case ast.OBJECT_EXTENSION:
		return extension.Drop(w, n)
	case ast.OBJECT_FUNCTION:
		return function.Drop(w, n)
	case ast.OBJECT_INDEX:
		return table.DropIndexes(w, n)
	case ast.OBJECT_SEQUENCE:
		return sequence.Drop(w, n)
	case ast.OBJECT_SCHEMA:
		return schema.Drop(w, n)
	case ast.OBJECT_POLICY:
		return privilege.DropPolicy(w, n)
	case ast.OBJECT_TRIGGER:
		return trigger.Drop(w, n)
	}
	return dropMissing(w, n)
}

// dropMissing handles DROP … IF EXISTS of kinds of objects that cannot exist
// here: there is nothing to drop.
func dropMissing(w *work.Work, n *ast.DropStmt) error {
	kinds := map[ast.ObjectType]string{ast.OBJECT_MATVIEW: "materialized view"}
	kind := kinds[n.RemoveType]
	if kind == "" || !n.MissingOk {
		return work.Unsupported("this kind of DROP is")
	}
	for _, o := range work.Items(n.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		oid, err := w.Find(q)
		if err == nil && oid != 0 {
			return fault.New(fault.WrongObjectType, `"%s" is not a %s`, q.Name, kind)
		}
		w.Notice(`%s "%s" does not exist, skipping`, kind, q.Name)
	}
	return nil
}

// alterTag is the command tag of ALTER for a kind of relation.
func alterTag(kind ast.ObjectType) string {
	switch kind {
	case ast.OBJECT_VIEW:
		return "ALTER VIEW"
	case ast.OBJECT_TYPE:
		return "ALTER TYPE"
	case ast.OBJECT_SEQUENCE:
		return "ALTER SEQUENCE"
	case ast.OBJECT_FUNCTION:
		return "ALTER FUNCTION"
	}
	return "ALTER TABLE"
}

// alterRelation runs ALTER TABLE, which may be about a view.
func alterRelation(w *work.Work, n *ast.AlterTableStmt) error {
	if n.Objtype == ast.OBJECT_VIEW || n.Objtype == ast.OBJECT_TABLE && view.Named(w, n.Relation) != nil {
		return view.Alter(w, n)
	}
	if n.Objtype == ast.OBJECT_SEQUENCE || n.Objtype == ast.OBJECT_TABLE && sequence.Named(w, n.Relation) != nil {
		return sequence.ChangeOwner(w, n)
	}
	return table.Alter(w, n)
}

func setSchema(w *work.Work, n *ast.AlterObjectSchemaStmt) error {
	if n.ObjectType == ast.OBJECT_TYPE {
		return enums.SetSchema(w, n)
	}
	if n.ObjectType == ast.OBJECT_FUNCTION {
		return function.SetSchema(w, n)
	}
	if n.ObjectType == ast.OBJECT_VIEW || n.ObjectType == ast.OBJECT_TABLE && view.Named(w, n.Relation) != nil {
		return view.SetSchema(w, n)
	}
	return table.SetSchema(w, n)
}

// isView tells whether a RENAME is about a view.
func isView(w *work.Work, n *ast.RenameStmt) bool {
	kind := n.RenameType
	if kind == ast.OBJECT_COLUMN {
		kind = n.RelationType
	}
	return kind == ast.OBJECT_VIEW || kind == ast.OBJECT_TABLE && view.Named(w, n.Relation) != nil
}

func rename(w *work.Work, n *ast.RenameStmt) error {
	if isView(w, n) {
		if n.RenameType == ast.OBJECT_COLUMN {
			return view.RenameColumn(w, n)
		}
		return view.Rename(w, n)
	}
	switch n.RenameType {
	case ast.OBJECT_TABLE:
		return table.Rename(w, n, "table")
	case ast.OBJECT_INDEX:
		return table.Rename(w, n, "index")
	case ast.OBJECT_SEQUENCE:
		return table.Rename(w, n, "sequence")
	case ast.OBJECT_COLUMN:
		return table.RenameColumn(w, n)
	case ast.OBJECT_TABCONSTRAINT:
		return table.RenameConstraint(w, n)
	case ast.OBJECT_SCHEMA:
		return schema.Rename(w, n)
	case ast.OBJECT_POLICY:
		return privilege.RenamePolicy(w, n)
	case ast.OBJECT_ROLE:
		return privilege.RenameRole(w, n)
	case ast.OBJECT_TYPE:
		return enums.Rename(w, n)
	case ast.OBJECT_FUNCTION:
		return function.Rename(w, n)
	}
	return work.Unsupported("this kind of RENAME is")
}
