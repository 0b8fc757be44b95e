package config

import (
	"path/filepath"
	"regexp"
	"slices"
)

// supabase reads a folder laid out by the Supabase CLI. Of its configuration what
// Galley has too is taken; the rest is for other parts of that stack, and left
// alone (supabase/cli documentation, "Configuration").
func (l *loader) supabase(path string) {
	l.config.Supabase = true
	doc, problems := readTOML(path)
	l.problems = append(l.problems, problems...)
	for theirs, ours := range map[string]string{
		"api.schemas":           "api.schemas",
		"api.extra_search_path": "api.extra_search_path",
		"api.max_rows":          "api.max_rows",
	} {
		v, ok := l.resolve(doc.values[theirs])
		if !ok {
			continue
		}
		k, _ := findKey(ours)
		l.set(k, v, doc.problem(theirs, ""))
	}
	l.supabaseAuth(doc)
	l.supabaseSeeds(doc)
	l.supabaseMail(doc)
	l.supabaseFunctions(doc)
}

// supabaseSeeds takes db.seed: its paths may hold patterns.
func (l *loader) supabaseSeeds(doc document) {
	if doc.values["db.seed.enabled"] == false {
		l.config.Migrations.Seed = nil
		return
	}
	patterns, ok := doc.values["db.seed.sql_paths"]
	if !ok {
		return
	}
	k, _ := findKey("migrations.seed")
	l.set(k, patterns, doc.problem("db.seed.sql_paths", ""))
	var files []string
	for _, pattern := range l.config.Migrations.Seed {
		found, err := filepath.Glob(under(filepath.Dir(doc.path), pattern))
		if err != nil {
			l.problems = append(l.problems, doc.problem("db.seed.sql_paths", err.Error()))
		}
		slices.Sort(found)
		files = append(files, found...)
	}
	l.config.Migrations.Seed = files
}

var fromEnv = regexp.MustCompile(`^env\((\w+)\)$`)

// resolve replaces env(NAME) by the variable, and tells whether there is a value.
func (l *loader) resolve(v any) (any, bool) {
	s, ok := v.(string)
	if !ok {
		return v, v != nil
	}
	if m := fromEnv.FindStringSubmatch(s); m != nil {
		s = l.env[m[1]]
	}
	return s, s != ""
}
