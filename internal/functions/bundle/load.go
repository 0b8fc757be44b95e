package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// scripts are the endings of files that are imported as they are; every other file
// needs an attribute that says what it is.
var scripts = []string{".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"}

// load lets a file into the bundle if it may be. esbuild reads it itself, so that
// files which a package's "browser" field switches off stay off.
func (b *build) load(a api.OnLoadArgs) (api.OnLoadResult, error) {
	rel, inside := relativeTo(b.root, a.Path)
	if !inside {
		return api.OnLoadResult{}, fmt.Errorf("%q lies outside the project's folder", filepath.Base(a.Path))
	}
	info, err := b.files.Stat(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return api.OnLoadResult{}, nil // switched off by "browser", or esbuild says that it is missing
	}
	if err != nil {
		return api.OnLoadResult{}, fmt.Errorf("%s cannot be read: %w", filepath.ToSlash(rel), bare(err))
	}
	if !info.Mode().IsRegular() {
		return api.OnLoadResult{}, fmt.Errorf("%s is no file", filepath.ToSlash(rel))
	}
	if err := b.inputs.admit(a.Path, info.Size(), b.limits); err != nil {
		return api.OnLoadResult{}, err
	}
	return b.typed(rel, a.With["type"])
}

// typed loads a file as its import says: with { type: "json" | "text" | "bytes" }.
func (b *build) typed(rel, kind string) (api.OnLoadResult, error) {
	switch kind {
	case "":
		ext := strings.ToLower(filepath.Ext(rel))
		if ext == ".wasm" {
			return api.OnLoadResult{}, fmt.Errorf("%s cannot be imported: scripts have no WebAssembly; a module can be a function of its own (docs/wasm.md)", filepath.ToSlash(rel))
		}
		if !slices.Contains(scripts, ext) {
			return api.OnLoadResult{}, fmt.Errorf(`%s is no script: import it with { type: "text" } or with { type: "bytes" }`, filepath.ToSlash(rel))
		}
		return b.withoutMap(rel)
	case "json":
		return b.contents(rel, api.LoaderJSON)
	case "text":
		return b.contents(rel, api.LoaderText)
	case "bytes":
		return b.contents(rel, api.LoaderBinary)
	}
	return api.OnLoadResult{}, fmt.Errorf(`imports with { type: %q } are not supported: "json", "text" and "bytes" are`, kind)
}

// mapComment names the source map of a file, on its last line.
var mapComment = regexp.MustCompile(`(?://|/\*)[#@] sourceMappingURL=[^\n]*\s*\z`)

// withoutMap leaves out that a file was itself made of others: their map may lie
// anywhere, is rarely of use, and takes as long to read as the file.
func (b *build) withoutMap(rel string) (api.OnLoadResult, error) {
	data, err := b.files.ReadFile(rel)
	if err != nil {
		return api.OnLoadResult{}, fmt.Errorf("%s cannot be read: %w", filepath.ToSlash(rel), bare(err))
	}
	tail := max(0, bytes.LastIndex(data, []byte("sourceMappingURL="))-4)
	at := mapComment.FindIndex(data[tail:])
	if at == nil || b.switchesOff(rel) {
		return api.OnLoadResult{}, nil
	}
	text := string(data[:tail+at[0]])
	return api.OnLoadResult{Contents: &text}, nil
}

// switchesOff is whether the package of a file switches some off by its "browser"
// field. esbuild does not say which when it asks for their contents, and only empties
// those that it reads itself.
func (b *build) switchesOff(rel string) bool {
	for folder := filepath.Dir(rel); folder != "."; folder = filepath.Dir(folder) {
		text, err := b.readSmall(filepath.Join(folder, "package.json"))
		if err != nil {
			continue
		}
		var manifest struct {
			Browser map[string]any `json:"browser"`
		}
		if json.Unmarshal(text, &manifest) != nil {
			return false // "browser" is a file
		}
		return slices.Contains(slices.Collect(maps.Values(manifest.Browser)), any(false))
	}
	return false
}

func (b *build) contents(rel string, loader api.Loader) (api.OnLoadResult, error) {
	data, err := b.files.ReadFile(rel)
	if err != nil {
		return api.OnLoadResult{}, fmt.Errorf("%s cannot be read: %w", filepath.ToSlash(rel), bare(err))
	}
	text := string(data)
	return api.OnLoadResult{Contents: &text, Loader: loader}, nil
}

// bare leaves the machine's paths out of an error.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// inputs are the files of a build. esbuild loads on many goroutines.
type inputs struct {
	mu    sync.Mutex
	names map[string]bool // true: read; false: only looked for, or read by us
	files int
	bytes int64
}

// admit counts a file that is to be read.
func (i *inputs) admit(name string, size int64, l Limits) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.names[name] {
		return nil
	}
	i.add(name, true)
	i.files++
	i.bytes += size
	if i.files > l.Files {
		return fmt.Errorf("the function consists of more than %d files", l.Files)
	}
	if i.bytes > l.Bytes {
		return fmt.Errorf("the function's files have more than %d bytes together", l.Bytes)
	}
	return nil
}

// look notes files that the result depends on, whether they exist or not.
func (i *inputs) look(names ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, name := range names {
		i.add(name, i.names[name])
	}
}

func (i *inputs) add(name string, read bool) {
	if i.names == nil {
		i.names = map[string]bool{}
	}
	i.names[name] = read
}

func (i *inputs) list() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := make([]string, 0, len(i.names))
	for name := range i.names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
