// Package templates holds the starter apps that `galley init` copies into a folder. A
// template is a project as it stands on disk; a leading "dot-" stands for a dot, since
// what begins with one is not embedded. What all of them have is in the folder shared.
package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed all:auth all:empty all:shared all:shop all:blog all:shortener
var files embed.FS

// Template is a starter app.
type Template struct {
	Name    string
	Summary string // a line for who chooses
	Next    string // what to do first, a command on each line
}

// Empty is the template of a project that begins with nothing.
const Empty = "empty"

// All are the templates, in the order in which they are offered.
func All() []Template {
	return []Template{
		{Empty, "a folder with its configuration, and nothing else", "galley migrate new todos   # then write SQL into the file\n  galley serve --dev"},
		{"auth", "accounts: sign-up, factors, sessions, profile, roles, moderators and admins", "galley serve --dev   # then open the address it prints, and sign up"},
		{"shop", "products, carts, checkout by Stripe, orders, refunds, shipping, admin pages", "galley serve --dev   # then open the address it prints"},
		{"blog", "posts, categories, drafts, comments, search, feeds; and a portfolio", "galley serve --dev   # then open the address it prints"},
		{"shortener", "short links, redirects from memory, clicks, QR codes, API keys, import", "galley serve --dev   # then open the address it prints"},
	}
}

// Find returns the template of a name.
func Find(name string) (Template, error) {
	var names []string
	for _, t := range All() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Template{}, fmt.Errorf("there is no template %q: %s", name, strings.Join(names, ", "))
}

// Files calls write for each file of the template with its path in a project, and stops
// at the first error.
func (t Template) Files(write func(name string, content []byte) error) error {
	for _, folder := range t.folders() {
		err := fs.WalkDir(files, folder, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			content, err := files.ReadFile(name)
			if err != nil {
				return err
			}
			dir, base := path.Split(strings.TrimPrefix(name, folder+"/"))
			if rest, ok := strings.CutPrefix(base, "dot-"); ok {
				base = "." + rest
			}
			return write(dir+base, content)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// folders are where the template's files are: the empty one has nothing of the others.
func (t Template) folders() []string {
	if t.Name == Empty {
		return []string{t.Name}
	}
	return []string{t.Name, "shared"}
}
