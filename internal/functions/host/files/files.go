// Package files reads the files that functions have beside their code: those that the
// configuration names for a function (static_files of [functions.NAME], as the Supabase
// CLI has it), and nothing else.
//
//	f := files.New(project, map[string]files.Function{"book": {Folder: "functions/book", Patterns: []string{"functions/book/*.pdf"}}})
//	text, err := f.Read("book", "./book.pdf")
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Max is how many bytes a file may have.
const Max = 16 << 20

// Codes of the errors.
const (
	NotNamed = "NOT_NAMED" // the configuration names no such file for the function
	NotFound = "NOT_FOUND" // it does, and there is none
)

// Function is a function with files, by paths relative to the project.
type Function struct {
	Folder   string   // what its relative paths start from
	Patterns []string // of path.Match
}

// Files are those of a project's functions. Its methods may be called from any goroutine.
type Files struct {
	root      string
	functions map[string]Function
}

// New returns the files of the functions of a project's folder.
func New(root string, functions map[string]Function) *Files {
	return &Files{root, functions}
}

// Relative is a path of the configuration relative to the project's folder, with slashes.
func Relative(root, name string) string {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return "" // matches nothing
	}
	return filepath.ToSlash(rel)
}

// Read reads a file by its path: from the function's folder, or from the project's when it
// begins with a slash.
//
// Errors: a *fault.Error of code NotNamed or NotFound, or that the file is too long.
func (f *Files) Read(function, name string) ([]byte, error) {
	one := f.functions[function]
	file := path.Join(one.Folder, name)
	if strings.HasPrefix(name, "/") {
		file = path.Clean(name)[1:]
	}
	named := func(pattern string) bool { ok, err := path.Match(pattern, file); return ok && err == nil && file != "" }
	if !slices.ContainsFunc(one.Patterns, named) {
		return nil, fault.New(NotNamed, "%q is none of the files that static_files of [functions.%s] names", name, function).
			WithHint(`Name it there, or import it: import text from "./page.html" with { type: "text" }.`)
	}
	text, err := f.read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(NotFound, "there is no file %q", name)
	}
	return text, err
}

// read reads a file of the project, which no symbolic link leads out of.
func (f *Files) read(name string) ([]byte, error) {
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.New(fault.InvalidParameter, "%s is no file", name)
	}
	text, err := io.ReadAll(io.LimitReader(file, Max+1))
	if err == nil && len(text) > Max {
		err = fault.New(fault.ProgramLimitExceeded, "%s has more than %d bytes", name, Max)
	}
	return text, bare(err)
}

// bare leaves the machine's paths out of an error.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
