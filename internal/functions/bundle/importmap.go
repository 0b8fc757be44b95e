package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/galleyhq/galley/internal/fault"
)

// importMap is an import map (html.spec.whatwg.org, "Import maps") as it stands in
// import_map.json, deno.json or deno.jsonc. Addresses are relative to its folder.
type importMap struct {
	folder  string
	imports []mapping
	scopes  []scope
}

type mapping struct{ key, address string }

type scope struct {
	prefix  string // a path, absolute
	imports []mapping
}

// denoConfig is what is used of deno.json; an import map is a part of it.
type denoConfig struct {
	Imports   map[string]string            `json:"imports"`
	Scopes    map[string]map[string]string `json:"scopes"`
	ImportMap string                       `json:"importMap"`
	Compiler  *compilerOptions             `json:"compilerOptions"`
}

// compilerOptions are those of deno.json that decide what a script becomes.
type compilerOptions struct {
	JSX             string `json:"jsx,omitempty"`
	JSXFactory      string `json:"jsxFactory,omitempty"`
	JSXFragment     string `json:"jsxFragmentFactory,omitempty"`
	JSXImportSource string `json:"jsxImportSource,omitempty"`
	Decorators      bool   `json:"experimentalDecorators,omitempty"`
}

// tsconfig is the options as esbuild takes them. Deno's own "precompile" is the
// automatic runtime done faster; without any, JSX calls React.createElement.
func (o compilerOptions) tsconfig() string {
	if o.JSX == "precompile" {
		o.JSX = "react-jsx"
	}
	text, err := json.Marshal(map[string]compilerOptions{"compilerOptions": o})
	if err != nil {
		return "{}"
	}
	return string(text)
}

// configure reads the configuration that applies to the function: its own folder's,
// then that of the folders above, to the project's.
func (b *build) configure(named string) error {
	if named != "" {
		file := filepath.FromSlash(named)
		if !filepath.IsAbs(file) {
			file = filepath.Join(b.root, file)
		} else if real, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
			file = filepath.Join(real, filepath.Base(file)) // as root is
		}
		m, err := b.readMap(file)
		if err != nil {
			return err
		}
		b.maps = append(b.maps, m)
	}
	compiler := (*compilerOptions)(nil)
	for _, folder := range b.foldersAbove(b.own) {
		for _, name := range []string{"deno.json", "deno.jsonc", "import_map.json"} {
			config, err := b.readConfig(filepath.Join(folder, name))
			if err != nil {
				return err
			}
			if config == nil {
				continue
			}
			b.maps = append(b.maps, newImportMap(folder, config))
			if config.ImportMap != "" {
				m, err := b.readMap(filepath.Join(folder, filepath.FromSlash(config.ImportMap)))
				if err != nil {
					return err
				}
				b.maps = append(b.maps, m)
			}
			if compiler == nil {
				compiler = config.Compiler
			}
		}
	}
	if compiler != nil {
		b.config = *compiler
	}
	return nil
}

// foldersAbove lists a folder and those above it, up to the project's.
func (b *build) foldersAbove(folder string) []string {
	var all []string
	for {
		if _, inside := relativeTo(b.root, folder); !inside {
			return all
		}
		all = append(all, folder)
		folder = filepath.Dir(folder)
	}
}

func (b *build) readMap(name string) (*importMap, error) {
	config, err := b.readConfig(name)
	if err != nil {
		return nil, err
	}
	if config == nil {
		return nil, fault.New(Code, "the import map %s does not exist", b.relative(name))
	}
	return newImportMap(filepath.Dir(name), config), nil
}

// readConfig reads a JSON file in which comments are allowed; nil when there is none.
func (b *build) readConfig(name string) (*denoConfig, error) {
	b.inputs.look(name)
	rel, inside := relativeTo(b.root, name)
	if !inside {
		return nil, fault.New(Code, "%s lies outside the project's folder", b.relative(name))
	}
	text, err := b.readSmall(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.New(Code, "%s cannot be read: %v", filepath.ToSlash(rel), bare(err))
	}
	if text, err = hujson.Standardize(text); err != nil {
		return nil, fault.New(Code, "%s is not valid JSON: %v", filepath.ToSlash(rel), err)
	}
	config := &denoConfig{}
	if err := json.Unmarshal(text, config); err != nil {
		return nil, fault.New(Code, "%s is not valid: %v", filepath.ToSlash(rel), err)
	}
	return config, nil
}

// maxConfig bounds the files of configuration, which are read whole.
const maxConfig = 4 << 20

func (b *build) readSmall(rel string) ([]byte, error) {
	info, err := b.files.Stat(rel)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxConfig {
		return nil, fmt.Errorf("it is no file of at most %d bytes", maxConfig)
	}
	return b.files.ReadFile(rel)
}

func newImportMap(folder string, config *denoConfig) *importMap {
	m := &importMap{folder: folder, imports: sortedMappings(folder, config.Imports)}
	for prefix, imports := range config.Scopes {
		m.scopes = append(m.scopes, scope{absoluteKey(folder, prefix), sortedMappings(folder, imports)})
	}
	slices.SortFunc(m.scopes, func(a, b scope) int { return strings.Compare(b.prefix, a.prefix) })
	return m
}

// sortedMappings has the longest keys first, since the most specific one counts. A
// package is mapped with all that is below it, as Deno does.
func sortedMappings(folder string, imports map[string]string) []mapping {
	var list []mapping
	for key, address := range imports {
		key = absoluteKey(folder, key)
		list = append(list, mapping{key, address})
		_, below := imports[key+"/"]
		if isPackage(address) && !strings.HasSuffix(key, "/") && !below {
			list = append(list, mapping{key + "/", address + "/"})
		}
	}
	slices.SortFunc(list, func(a, b mapping) int { return strings.Compare(b.key, a.key) })
	return list
}

func isPackage(address string) bool {
	return strings.HasPrefix(address, "npm:") || strings.HasPrefix(address, "jsr:")
}

// absoluteKey makes a path of a key that is one; others are names.
func absoluteKey(folder, key string) string {
	if !isPath(key) || filepath.IsAbs(key) {
		return key
	}
	abs := filepath.ToSlash(filepath.Join(folder, filepath.FromSlash(key)))
	if strings.HasSuffix(key, "/") {
		abs += "/"
	}
	return abs
}

func isPath(specifier string) bool {
	return specifier == "." || specifier == ".." || strings.HasPrefix(specifier, "./") ||
		strings.HasPrefix(specifier, "../") || strings.HasPrefix(specifier, "/")
}

// rewrite gives what the map makes of a specifier in a file, and whether it has an
// entry for it. resolveDir is the file's folder.
func (m *importMap) rewrite(specifier, importer, resolveDir string) (string, bool) {
	key := absoluteKey(resolveDir, specifier)
	for _, s := range m.scopes {
		if importer == s.prefix || strings.HasSuffix(s.prefix, "/") && strings.HasPrefix(filepath.ToSlash(importer), s.prefix) {
			if to, ok := m.find(s.imports, key); ok {
				return to, true
			}
		}
	}
	return m.find(m.imports, key)
}

func (m *importMap) find(imports []mapping, key string) (string, bool) {
	for _, e := range imports {
		rest, found := strings.CutPrefix(key, e.key)
		if !found || rest != "" && !strings.HasSuffix(e.key, "/") {
			continue
		}
		if isPath(e.address) {
			return filepath.Join(m.folder, filepath.FromSlash(e.address), filepath.FromSlash(rest)), true
		}
		return e.address + rest, true
	}
	return "", false
}
