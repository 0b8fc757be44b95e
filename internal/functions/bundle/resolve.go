package bundle

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// passed marks what our rules have dealt with: esbuild's own decide then.
type passed struct{}

// resolve decides what an import means. Nothing is answered where esbuild's rules,
// those of Node, are right.
func (b *build) resolve(a api.OnResolveArgs) (api.OnResolveResult, error) {
	if _, ok := a.PluginData.(passed); ok {
		return api.OnResolveResult{}, nil
	}
	if a.Path == globals || a.Namespace == shimNamespace {
		return api.OnResolveResult{Path: a.Path, Namespace: shimNamespace, SideEffects: api.SideEffectsFalse}, nil
	}
	mapped := a.Path
	if !vendored(a.Importer) {
		for _, m := range b.maps {
			if to, ok := m.rewrite(a.Path, a.Importer, a.ResolveDir); ok {
				mapped = to
				break
			}
		}
	}
	return b.meaning(a, mapped)
}

// vendored tells the files of packages: import maps do not apply to them.
func vendored(importer string) bool {
	return strings.Contains(filepath.ToSlash(importer), "/node_modules/")
}

func (b *build) meaning(a api.OnResolveArgs, text string) (api.OnResolveResult, error) {
	scheme, rest, found := strings.Cut(text, ":")
	if !found {
		scheme = "" // "http" and "https" are modules of Node's, "data" may be a package
	}
	switch {
	case strings.HasSuffix(text, ".d.ts") && !vendored(a.Importer):
		return shim(emptyShim), nil // types only
	case text == "galley":
		return shim("galley"), nil
	case isPath(text) || filepath.IsAbs(text):
		return b.file(a, text)
	case scheme == "node":
		return b.builtin(a, text)
	case scheme == "npm" || scheme == "jsr":
		s, err := parsePackage(text, rest)
		if err != nil {
			return api.OnResolveResult{}, err
		}
		s.jsr = scheme == "jsr"
		return b.installed(a, s)
	case scheme == "https" || scheme == "http":
		return b.remote(a, text)
	case scheme == "data" || strings.HasPrefix(text, "#"):
		return api.OnResolveResult{}, nil
	case strings.Contains(text, ":"):
		return api.OnResolveResult{}, fmt.Errorf("%q cannot be imported: addresses of this kind are not supported", text)
	}
	return b.named(a, text)
}

// file resolves a path; one from an import map is resolved anew. The project's own files are
// what they look like, modules or not: its package.json, which npm init makes one of CommonJS,
// would keep await at the top level from them.
func (b *build) file(a api.OnResolveArgs, text string) (api.OnResolveResult, error) {
	if vendored(a.Importer) {
		if text == a.Path {
			return api.OnResolveResult{}, nil
		}
		return b.byNode(a, text, a.ResolveDir)
	}
	b.lookAround(a.ResolveDir, text)
	r, err := b.byNode(a, text, a.ResolveDir)
	if len(r.Errors) > 0 && text == a.Path {
		return api.OnResolveResult{}, nil // esbuild says so itself, with the place
	}
	return r, err
}

// lookAround notes the file that is meant, which may be missing, so that the function
// is built again when it appears.
func (b *build) lookAround(folder, text string) {
	name := filepath.FromSlash(text)
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder, name)
	}
	if _, inside := relativeTo(b.root, name); !inside {
		return
	}
	if filepath.Ext(name) != "" {
		b.inputs.look(name)
		return
	}
	b.inputs.look(name+".ts", name+".tsx", name+".js", filepath.Join(name, "index.ts"))
}

// named resolves a bare name: a package, or else one of Node's modules.
func (b *build) named(a api.OnResolveArgs, text string) (api.OnResolveResult, error) {
	builtin := isBuiltin(text)
	if vendored(a.Importer) {
		if !builtin {
			return b.optional(a, text), nil
		}
		if len(b.byNodeErrors(a, text)) == 0 {
			return api.OnResolveResult{}, nil
		}
		return b.builtin(a, text)
	}
	s, err := parsePackage(text, text)
	if err != nil {
		return api.OnResolveResult{}, err
	}
	if s.version != "" {
		return api.OnResolveResult{}, fmt.Errorf("%q has a version: write \"npm:%s\"", text, text)
	}
	if builtin && b.find(a, s.name) == nil {
		return b.builtin(a, text)
	}
	return b.installed(a, s)
}

// builtin resolves one of Node's modules: ours in its place, or a package that is one. The
// project's own files are refused what neither is; a package is not, for it may never use it.
func (b *build) builtin(a api.OnResolveArgs, text string) (api.OnResolveResult, error) {
	name := strings.TrimPrefix(text, "node:")
	if hasShim("node:" + name) {
		return shim("node:" + name), nil
	}
	if other := onNPM[name]; other != "" {
		if f := b.find(a, other); f != nil {
			return b.byNode(a, f.name, f.folder)
		}
	}
	if vendored(a.Importer) {
		return shim(b.absent(a, name)), nil
	}
	return api.OnResolveResult{}, errors.New(notThere(name, "imported", b.relative(a.Importer)))
}

func (b *build) remote(a api.OnResolveArgs, text string) (api.OnResolveResult, error) {
	if name, ok := standard(text); ok {
		return shim(name), nil
	}
	s := thirdParty(text)
	if s == nil {
		var err error
		if s, err = parseURL(text); err != nil {
			return api.OnResolveResult{}, err
		}
	}
	if s == nil {
		return api.OnResolveResult{}, fmt.Errorf("%s: nothing is downloaded; %s", text, adviceFor(text))
	}
	return b.installed(a, s)
}

func adviceFor(text string) string {
	const std = "https://deno.land/std"
	if strings.HasPrefix(text, std) {
		_, file, _ := strings.Cut(strings.TrimPrefix(text, std), "/")
		library, _, _ := strings.Cut(file, "/")
		return fmt.Sprintf("run 'npx jsr add @std/%s' and import \"jsr:@std/%s\"", library, library)
	}
	if name, _, _, ok := inX(text); ok && adviceOnX[name] != "" {
		return adviceOnX[name]
	}
	return `install it with npm and import "npm:…", or copy the file into the project`
}

// byNode resolves a name or path by Node's rules, from a folder.
func (b *build) byNode(a api.OnResolveArgs, text, folder string) (api.OnResolveResult, error) {
	r := b.inner(text, api.ResolveOptions{
		Importer: a.Importer, Namespace: a.Namespace, ResolveDir: folder, Kind: a.Kind, PluginData: passed{}, With: a.With,
	})
	if len(r.Errors) > 0 {
		return api.OnResolveResult{Errors: r.Errors}, nil
	}
	out := api.OnResolveResult{Path: r.Path, Namespace: r.Namespace, Suffix: r.Suffix, External: r.External}
	if !r.SideEffects {
		out.SideEffects = api.SideEffectsFalse
	}
	return out, nil
}

func (b *build) byNodeErrors(a api.OnResolveArgs, text string) []api.Message {
	r, _ := b.byNode(a, text, a.ResolveDir)
	return r.Errors
}
