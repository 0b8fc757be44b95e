package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
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

// installed resolves a package to what npm installed, if that is what is asked for: the
// nearest that is, or the error says of the nearest how it differs.
func (b *build) installed(a api.OnResolveArgs, s *specifier) (api.OnResolveResult, error) {
	var first error
	for _, name := range s.names() {
		for f := range b.all(a, name) {
			err := b.checkVersion(s, f)
			if err == nil {
				return b.byNode(a, f.name+s.below, f.folder)
			}
			if first == nil {
				first = err
			}
		}
	}
	if first == nil {
		first = fmt.Errorf("%q is not installed: run '%s'", s.text, s.install(""))
	}
	return api.OnResolveResult{}, first
}

// publishedAs are packages of JSR that are on npm under another name.
var publishedAs = map[string]string{"@hono/hono": "hono", "@openai/openai": "openai", "@panva/jose": "jose", "@zod/zod": "zod", "@valibot/valibot": "valibot"}

// names are those that npm may know a package by: one of JSR's is installed as its own
// (npm:@jsr/…), under an alias, or is on npm under the same name or another.
func (s *specifier) names() []string {
	scope, name, scoped := strings.Cut(s.name, "/")
	if !s.jsr || !scoped {
		return []string{s.name}
	}
	names := []string{"@jsr/" + strings.TrimPrefix(scope, "@") + "__" + name, s.name}
	if other := publishedAs[s.name]; other != "" {
		names = append(names, other)
	}
	return names
}

// install is the command that installs a package, into a folder or "", the project's.
func (s *specifier) install(folder string) string {
	other := publishedAs[s.name]
	if s.jsr && other == "" && !strings.HasPrefix(s.name, "@supabase/") {
		return "npx jsr add " + s.at(s.name)
	}
	wanted := s.at(s.name)
	if s.jsr && other != "" {
		wanted = s.at(other)
	}
	if strings.ContainsAny(wanted, "<>|* ") {
		wanted = `"` + wanted + `"`
	}
	if folder != "" {
		wanted = "--prefix " + folder + " " + wanted
	}
	return "npm install " + wanted
}

// at is a name with the version that is asked for.
func (s *specifier) at(name string) string {
	if s.version == "" {
		return name
	}
	return name + "@" + s.version
}

// find is the first of all.
func (b *build) find(a api.OnResolveArgs, name string) *found {
	for f := range b.all(a, name) {
		return f
	}
	return nil
}

// all looks for a package in node_modules of the importing file's folder and those
// above it, then of the function's.
func (b *build) all(a api.OnResolveArgs, name string) iter.Seq[*found] {
	return func(yield func(*found) bool) {
		for _, start := range []string{a.ResolveDir, b.own} {
			for _, folder := range b.foldersAbove(start) {
				if f := b.read(folder, name); f != nil && !yield(f) {
					return
				}
			}
		}
	}
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
	text := fmt.Sprintf("%q asks for version %s of %s, but %s has %s: run '%s'", s.text, s.version, s.name,
		b.relative(filepath.Join(f.folder, "node_modules")), f.version, s.install(""))
	if own := b.relative(b.own); f.folder != b.own && !s.jsr && b.own != b.root {
		text += fmt.Sprintf(", or '%s' for this function alone", s.install(own))
	}
	return errors.New(text)
}
