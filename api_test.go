package galley_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/api.txt anew")

// TestAPI compares what the package exports with what it is known to export, and
// refuses internal types in it. What is listed is neither changed nor removed within a
// major version; what is new is added with -update.
func TestAPI(t *testing.T) {
	var lines []string
	fset := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		inner := internals(t, file)
		ast.FileExports(file)
		for _, d := range file.Decls {
			if ofUnexported(d) {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if body, ok := n.(*ast.BlockStmt); ok && body != nil {
					return false
				}
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && inner[x.Name] {
						t.Errorf("%s: %s.%s is internal, and part of what is exported", fset.Position(s.Pos()), x.Name, s.Sel.Name)
					}
				}
				return true
			})
			lines = append(lines, describe(t, fset, d)...)
		}
	}
	slices.Sort(lines)
	got, path := strings.Join(lines, "\n")+"\n", filepath.Join("testdata", "api.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the exported API is not that of %s (go test . -run TestAPI -update):\n%s", path, got)
	}
}

// ofUnexported tells whether a declaration is a method of a type that is not exported.
func ofUnexported(d ast.Decl) bool {
	fn, ok := d.(*ast.FuncDecl)
	if !ok || fn.Recv == nil {
		return false
	}
	of := fn.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	name, ok := of.(*ast.Ident)
	return ok && !name.IsExported()
}

// internals are the names under which a file imports packages below internal/.
func internals(t *testing.T, file *ast.File) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(path, "/internal/") {
			names[filepath.Base(path)] = true
		}
	}
	return names
}

// describe is a declaration without bodies, values and comments, one line for each
// thing that it declares.
func describe(t *testing.T, fset *token.FileSet, d ast.Decl) []string {
	t.Helper()
	text := func(node any) string {
		var b bytes.Buffer
		if err := printer.Fprint(&b, fset, node); err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(b.String()), " ")
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		d.Body, d.Doc = nil, nil
		return []string{text(d)}
	case *ast.GenDecl:
		var out []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				s.Doc, s.Comment = nil, nil
				out = append(out, "type "+text(s))
			case *ast.ValueSpec:
				for _, name := range s.Names {
					out = append(out, d.Tok.String()+" "+name.Name)
				}
			}
		}
		return out
	}
	return nil
}
