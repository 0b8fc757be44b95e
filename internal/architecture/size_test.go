package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxFileLines    = 600
	maxFuncLines    = 80
	maxPackageFiles = 15
)

// folder is what the size rules know of one folder of Go files.
type folder struct {
	sources   int // without tests and generated files
	commented bool
}

func TestSizes(t *testing.T) {
	top := root(t)
	folders := map[string]*folder{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != top && skipped(e.Name()) {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		dir := filepath.Dir(name)
		if folders[dir] == nil {
			folders[dir] = &folder{}
		}
		folders[dir].add(name, file)
		checkFile(t, fset, name, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, f := range folders {
		if !f.commented {
			t.Errorf("%s: no package comment", dir)
		}
		if f.sources > maxPackageFiles {
			t.Errorf("%s: %d files in one package, at most %d", dir, f.sources, maxPackageFiles)
		}
	}
}

func (f *folder) add(name string, file *ast.File) {
	f.commented = f.commented || file.Doc != nil
	if !strings.HasSuffix(name, "_test.go") && !ast.IsGenerated(file) {
		f.sources++
	}
}

func checkFile(t *testing.T, fset *token.FileSet, name string, file *ast.File) {
	if ast.IsGenerated(file) {
		return
	}
	if n := fset.Position(file.FileEnd).Line; n > maxFileLines {
		t.Errorf("%s: %d lines, at most %d", name, n, maxFileLines)
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > maxFuncLines {
			t.Errorf("%s: %s has %d lines, at most %d", name, fn.Name.Name, n, maxFuncLines)
		}
	}
}

// skipped tells whether a folder holds no Go code of ours.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "bin" || name == "dist"
}

// root returns the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
