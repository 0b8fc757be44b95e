// Package source finds the functions of a project: functions/<name>/index.ts (or .tsx,
// .js, .jsx, .mjs), as the Supabase CLI lays them out, or main.wasm, the middleware
// beside them, and what the configuration says of each.
//
//	found, err := source.Find(dir, map[string]source.Settings{"hello": {VerifyJWT: &no}})
package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Settings are what the configuration says of one function, as supabase/config.toml
// does in [functions.NAME].
type Settings struct {
	Disabled   bool
	VerifyJWT  *bool  // nil says nothing
	Entrypoint string // a file; "" for index.*
	ImportMap  string // a file; "" for what bundling finds by itself
}

// Function is a function of the project.
type Function struct {
	Name       string
	Entry      string   // the file
	Middleware []string // files that run around it, the outermost first
	Settings   Settings
	Err        error // why it cannot be loaded, when that is known already
}

// Files are all files that the function is built from at least, middleware first.
func (f Function) Files() []string { return append(slices.Clone(f.Middleware), f.Entry) }

var (
	extensions = []string{".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs"}
	// modules are functions in WebAssembly.
	modules = []string{"main.wasm", "index.wasm"}
	// names are those of the Supabase CLI.
	names = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// maxFunctions bounds the functions of a project.
const maxFunctions = 1000

// Find lists the functions of a folder in the order of their names; none when there
// is no such folder. Folders whose name begins with _ or . hold what functions share,
// and those without an index file are left alone.
func Find(dir string, settings map[string]Settings) ([]Function, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		entries, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	around := middleware(nil, dir)
	var found []Function
	for _, e := range entries {
		if !isFolder(dir, e) || hidden(e.Name()) {
			continue
		}
		f, ok := one(dir, e.Name(), settings[e.Name()], around)
		if ok {
			found = append(found, f)
		}
	}
	for name, s := range settings { // those whose code is elsewhere
		if s.Entrypoint == "" || s.Disabled || slices.ContainsFunc(found, func(f Function) bool { return f.Name == name }) {
			continue
		}
		f, _ := one(dir, name, s, around)
		found = append(found, f)
	}
	if len(found) > maxFunctions {
		return nil, fmt.Errorf("%s holds %d functions, at most %d are served", dir, len(found), maxFunctions)
	}
	slices.SortFunc(found, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

func one(dir, name string, s Settings, around []string) (Function, bool) {
	f := Function{Name: name, Entry: s.Entrypoint, Settings: s}
	folder := filepath.Join(dir, name)
	if f.Entry == "" {
		f.Entry = withExtension(filepath.Join(folder, "index"))
		for _, module := range modules {
			if path := filepath.Join(folder, module); f.Entry == "" && isFile(path) {
				f.Entry = path
			}
		}
	} else if !isFile(f.Entry) {
		f.Err = fmt.Errorf("the entrypoint %s does not exist", f.Entry)
	}
	if f.Entry == "" || s.Disabled {
		return f, false
	}
	if !names.MatchString(name) {
		f.Err = fmt.Errorf("%q is no name for a function: it begins with a letter, and holds letters, digits, - and _", name)
	}
	f.Middleware = middleware(around, folder)
	return f, true
}

// middleware is what runs around the functions of a folder, after outer.
func middleware(outer []string, folder string) []string {
	if file := withExtension(filepath.Join(folder, "_middleware")); file != "" {
		return append(slices.Clone(outer), file)
	}
	return outer
}

// withExtension is the file of a name without extension, "" when there is none.
func withExtension(stem string) string {
	for _, ext := range extensions {
		if isFile(stem + ext) {
			return stem + ext
		}
	}
	return ""
}

func hidden(name string) bool {
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") || name == "node_modules"
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// isFolder follows links, as the Supabase CLI does.
func isFolder(dir string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(filepath.Join(dir, e.Name()))
	return err == nil && info.IsDir()
}
