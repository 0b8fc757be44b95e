// Package supabase says in Galley's keys what the configuration of a folder laid out
// by the Supabase CLI says. What only other parts of that stack have is left alone.
//
//	doc, err := document.Read("supabase/config.toml")
//	for _, s := range supabase.Translate(doc, env).Settings {
//		fmt.Println(s.Key, s.Value)
//	}
//
// Source: supabase/cli documentation, "Configuration".
package supabase

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/config/document"
	"github.com/galleyhq/galley/internal/config/value"
)

// Setting is the value of a key of Galley's, which may have no such key: then it is
// no setting.
type Setting struct {
	Key   string
	Value any
	From  string // the key of the file
}

// Note is something to say about a key of the file.
type Note struct{ Key, Message string }

// Translation is what a file means to Galley. Of two settings of one key the later
// one counts.
type Translation struct {
	Settings []Setting
	Problems []Note // what is wrong
	Warnings []Note // what is left alone, though somebody may expect it to be taken
}

// translator reads a document.
type translator struct {
	doc document.Document
	env map[string]string
	Translation
}

// Translate reads a file, with the variables that its env(NAME) mean.
func Translate(doc document.Document, env map[string]string) Translation {
	t := translator{doc: doc, env: env}
	if list, ok := t.doc.Values["api.schemas"].([]any); !ok || len(list) > 0 { // there, public is exposed anyway
		t.take("api.schemas", "api.schemas")
	}
	for _, name := range []string{"api.extra_search_path", "api.max_rows"} {
		t.take(name, name)
	}
	t.auth()
	t.seeds()
	t.mail()
	t.sms()
	t.functions()
	return t.Translation
}

// set sets a key of ours, by one of theirs.
func (t *translator) set(ours string, v any, theirs string) {
	t.Settings = append(t.Settings, Setting{Key: ours, Value: v, From: theirs})
}

// take sets a key of ours to the value of one of theirs, if it has one.
func (t *translator) take(theirs, ours string) {
	if v, ok := t.resolve(theirs); ok {
		t.set(ours, v, theirs)
	}
}

var fromEnv = regexp.MustCompile(`^env\((\w+)\)$`)

// resolve is the value of a key of theirs, with the variable in the place of its
// env(NAME), and tells whether there is one.
func (t *translator) resolve(theirs string) (any, bool) {
	v := t.doc.Values[theirs]
	s, ok := v.(string)
	if !ok {
		return v, v != nil
	}
	if m := fromEnv.FindStringSubmatch(s); m != nil {
		s = t.env[m[1]]
	}
	return s, s != ""
}

// text is the text of a key of theirs, "" for none.
func (t *translator) text(theirs string) string {
	v, _ := t.resolve(theirs)
	s, _ := v.(string)
	return s
}

// auth takes all keys of [auth]: ours are named as theirs.
func (t *translator) auth() {
	for _, name := range t.doc.Names() {
		if strings.HasPrefix(name, "auth.") {
			t.take(name, name)
		}
	}
}

// functions takes the keys of [functions.NAME], which are named as ours.
func (t *translator) functions() {
	for _, name := range t.doc.Names() {
		if strings.HasPrefix(name, "functions.") && strings.Count(name, ".") == 2 {
			t.take(name, name)
		}
	}
}

// seeds takes db.seed: its paths may hold patterns.
func (t *translator) seeds() {
	const ours, enabled, paths = "migrations.seed", "db.seed.enabled", "db.seed.sql_paths"
	if t.doc.Values[enabled] == false {
		t.set(ours, []any{}, enabled)
		return
	}
	given, ok := t.doc.Values[paths]
	if !ok {
		return
	}
	patterns, err := value.List(given)
	if err != nil {
		t.set(ours, given, paths) // which says what is wrong with it
		return
	}
	files := []any{}
	for _, pattern := range patterns {
		found, err := t.files(pattern)
		if err != nil {
			t.Problems = append(t.Problems, Note{paths, err.Error()})
		}
		for _, name := range found {
			files = append(files, name)
		}
	}
	t.set(ours, files, paths)
}

// files are those that a pattern means, in order. It is relative to the document.
func (t *translator) files(pattern string) ([]string, error) {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(t.doc.Path), pattern)
	}
	found, err := filepath.Glob(pattern)
	slices.Sort(found)
	return found, err
}
