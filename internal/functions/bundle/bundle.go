// Package bundle makes one script of a function's folder: TypeScript and JSX are
// translated, and what the function imports (its own files, shared folders, JSON,
// npm packages of node_modules) is put into the script, by esbuild.
//
//	p := &bundle.Project{Dir: "functions"}
//	b, err := p.Build(ctx, "hello/index.ts")
//	// compile b.Source under the name b.Name, run it, await globalThis.__module
//	log.Print(b.Map.Stack(stack))
//
// Specifiers are understood as Deno and Supabase's Edge Functions do: npm:, jsr:,
// node:, https://esm.sh, import maps. Nothing is ever downloaded: packages are those
// that npm installed, in the version that is asked for, or the build fails and says
// what to install. See docs.deno.com/runtime/fundamentals/modules and esbuild.github.io.
package bundle

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/galleyhq/galley/internal/fault"
)

// Project is a project whose functions are built. It may be used by several at once.
type Project struct {
	// Dir is the folder of the functions. Root is that of the project, above it:
	// nothing outside is read, through symbolic links neither. "" is Dir's parent.
	Dir, Root string
	// ImportMaps are import maps that the configuration names (config.toml's
	// import_map), absolute or relative to Root: by function, or by the entry of one
	// whose files are elsewhere.
	ImportMaps map[string]string
	// Limits bound what one function may consist of; zeros are the defaults.
	Limits Limits

	once  sync.Once
	slots chan struct{}
}

// atOnce is how many builds of a project run at a time; each uses all processors.
const atOnce = 2

// turn waits until a build may begin.
func (p *Project) turn(ctx context.Context) (end func(), err error) {
	p.once.Do(func() { p.slots = make(chan struct{}, atOnce) })
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Limits of one bundle.
type Limits struct {
	Files  int   // files read: 10,000
	Bytes  int64 // their sizes together: 64 MiB
	Script int   // the script's size: 16 MiB
}

func (l Limits) orDefaults() Limits {
	if l.Files == 0 {
		l.Files = 10_000
	}
	if l.Bytes == 0 {
		l.Bytes = 64 << 20
	}
	if l.Script == 0 {
		l.Script = 16 << 20
	}
	return l
}

// Bundle is a function as one script.
type Bundle struct {
	// Name ("hello", "hello/_middleware") is what the script must be compiled as:
	// Map knows its stack frames by it.
	Name string
	// Source is a classic script. It sets globalThis.__module to a promise of the
	// function's exports. Module `galley` is what globalThis.__modules.galley holds
	// when the script runs.
	Source string
	Map    *SourceMap
	// Inputs are the files that the bundle depends on, absolute and sorted. Some may
	// not exist: the result changes when they appear.
	Inputs []string
}

// Build makes the script of an entry, a path relative to Dir and within Root
// ("hello/index.ts", "_middleware.ts", "../src/main.ts").
//
// Errors: a *fault.Error of code BOOT_ERROR, whose detail has the place and the line
// of each mistake in the sources; the bundle then has only Name and Inputs, so that
// the function can be built again when one of them changes. ctx's error when ctx is
// done.
func (p *Project) Build(ctx context.Context, entry string) (*Bundle, error) {
	end, err := p.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	b, err := p.open(entry)
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.files.Close() }()
	out := &Bundle{Name: b.name}
	result, err := b.run(ctx)
	out.Inputs = b.inputs.list()
	if err != nil {
		return out, err
	}
	out.Source, out.Map = result.script, newSourceMap(b.name, result.sourceMap)
	return out, nil
}

// build is one build of one function.
type build struct {
	name   string
	root   string   // the project's folder, absolute, without symbolic links
	dir    string   // the functions' folder, likewise
	own    string   // the folder the entry lies in
	entry  string   // the entry's file
	files  *os.Root // the project's files
	maps   []*importMap
	config compilerOptions
	limits Limits
	inputs inputs
	// inner resolves by node's rules, past our own.
	inner func(string, api.ResolveOptions) api.ResolveResult
}

func (p *Project) open(entry string) (*build, error) {
	dir, err := realPath(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("functions: %w", err)
	}
	root := filepath.Dir(dir)
	if p.Root != "" {
		if root, err = realPath(p.Root); err != nil {
			return nil, fmt.Errorf("functions: %w", err)
		}
	}
	if _, inside := relativeTo(root, dir); !inside {
		return nil, fmt.Errorf("functions: %s is not in the project's folder %s", dir, root)
	}
	files, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	b := &build{name: scriptName(entry), root: root, dir: dir, files: files, limits: p.Limits.orDefaults()}
	b.entry = filepath.Join(dir, filepath.FromSlash(entry))
	b.own = filepath.Dir(b.entry)
	err = b.checkEntry()
	if err == nil {
		err = b.configure(p.importMap(filepath.ToSlash(entry)))
	}
	if err != nil {
		_ = files.Close()
		return nil, err
	}
	return b, nil
}

func (p *Project) importMap(entry string) string {
	if named, ok := p.ImportMaps[entry]; ok {
		return named
	}
	folder, _, _ := strings.Cut(entry, "/")
	return p.ImportMaps[folder]
}

func (b *build) checkEntry() error {
	rel, inside := relativeTo(b.root, b.entry)
	if !inside || !slices.Contains(scripts, filepath.Ext(rel)) {
		return fault.New(Code, "%s is no script", b.relative(b.entry))
	}
	if info, err := b.files.Stat(rel); err != nil || !info.Mode().IsRegular() {
		return fault.New(Code, "there is no file %s", b.relative(b.entry))
	}
	return nil
}

// scriptName is what a script is called: the function, or the file beside its index
// or elsewhere, so that the scripts of one instance have names of their own.
func scriptName(entry string) string {
	name := path.Clean(filepath.ToSlash(entry))
	for strings.HasPrefix(name, "../") {
		name = name[len("../"):]
	}
	return strings.TrimSuffix(strings.TrimSuffix(name, path.Ext(name)), "/index")
}

func realPath(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// relativeTo gives a path relative to a folder, and whether it lies in it.
func relativeTo(folder, name string) (string, bool) {
	rel, err := filepath.Rel(folder, name)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return rel, true
}
