package ddl

import (
	"github.com/multigres/multigres/go/common/parser/ast"
)

func (w *work) rename(*ast.RenameStmt) (string, error) {
	return "", unsupported("this kind of RENAME is")
}
