package bundle

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/evanw/esbuild/pkg/api"
)

// found is a package in a node_modules.
type found struct {
	name    string
	folder  string // the one that has the node_modules
	version string
}

// installed resolves a package to what npm installed, if that is what is asked for.
func (b *build) installed(a api.OnResolveArgs, s *specifier) (api.OnResolveResult, error) {
	for _, name := range s.names() {
		f := b.find(a, name)
		if f == nil {
			continue
		}
		if err := b.checkVersion(s, f); err != nil {
			return api.OnResolveResult{}, err
		}
		return b.byNode(a, f.name+s.below, f.folder)
	}
	return api.OnResolveResult{}, fmt.Errorf("%q is not installed: run '%s'", s.text, s.install())
}

// names are those that npm may know a package by: one of JSR's is installed as its own
// (npm:@jsr/…), under an alias, or is on npm under the same name.
func (s *specifier) names() []string {
	scope, name, scoped := strings.Cut(s.name, "/")
	if !s.jsr || !scoped {
		return []string{s.name}
	}
	return []string{"@jsr/" + strings.TrimPrefix(scope, "@") + "__" + name, s.name}
}

// install is the command that installs a package.
func (s *specifier) install() string {
	wanted := s.name
	if s.version != "" {
		wanted += "@" + s.version
	}
	if s.jsr && !strings.HasPrefix(s.name, "@supabase/") {
		return "npx jsr add " + wanted
	}
	if strings.ContainsAny(wanted, "<>|* ") {
		wanted = `"` + wanted + `"`
	}
	return "npm install " + wanted
}

// find looks for a package in node_modules of the importing file's folder and those
// above it, then of the function's.
func (b *build) find(a api.OnResolveArgs, name string) *found {
	for _, start := range []string{a.ResolveDir, b.own} {
		for _, folder := range b.foldersAbove(start) {
			if f := b.read(folder, name); f != nil {
				return f
			}
		}
	}
	return nil
}

func (b *build) read(folder, name string) *found {
	file := filepath.Join(folder, "node_modules", filepath.FromSlash(name), "package.json")
	b.inputs.look(file)
	rel, inside := relativeTo(b.root, file)
	if !inside {
		return nil
	}
	text, err := b.readSmall(rel)
	if err != nil {
		return nil
	}
	var manifest struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil
	}
	return &found{name: name, folder: folder, version: manifest.Version}
}

// checkVersion refuses an installed version that is not the one asked for. A tag
// ("latest") asks for none.
func (b *build) checkVersion(s *specifier, f *found) error {
	wanted, err := semver.NewConstraint(s.version)
	if s.version == "" || err != nil {
		return nil
	}
	have, err := semver.NewVersion(f.version)
	if err == nil && wanted.Check(have) {
		return nil
	}
	return fmt.Errorf("%q asks for version %s of %s, but %s has %s: run '%s'", s.text, s.version, s.name,
		b.relative(filepath.Join(f.folder, "node_modules")), f.version, s.install())
}
