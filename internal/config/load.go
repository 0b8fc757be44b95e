package config

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/config/document"
	"github.com/galleyhq/galley/internal/config/supabase"
)

// Source is where a configuration comes from.
type Source struct {
	Project string            // the project's folder
	Env     []string          // as os.Environ
	Flags   map[string]string // key to value, of the flags that were given
	Dev     bool
}

// loader gathers values and everything wrong with them.
type loader struct {
	config   Config
	origin   map[string]Problem // where each key got its value from
	problems Problems
	warnings Problems
	env      map[string]string
}

// Load reads a project's configuration. The error, Problems, names every mistake;
// warnings name what is suspicious.
func Load(s Source) (Config, Problems, error) {
	project, err := filepath.Abs(s.Project)
	if err != nil {
		return Config{}, nil, err
	}
	l := loader{config: defaults(project), origin: map[string]Problem{}, env: environment(s.Env)}
	l.config.Dev = s.Dev
	l.folder(project)
	if isFile(filepath.Join(project, "supabase", "config.toml")) || isDir(filepath.Join(project, "supabase", "migrations")) {
		l.supabase(filepath.Join(project, "supabase", "config.toml"))
	}
	l.file(filepath.Join(project, "galley.toml"))
	l.environment()
	l.flags(s.Flags)
	l.config.absolute()
	l.validate()
	if len(l.problems) > 0 {
		return Config{}, l.warnings, l.problems
	}
	return l.config, l.warnings, nil
}

func (l *loader) folder(project string) {
	if !isDir(project) {
		l.problems = append(l.problems, Problem{File: project, Message: "the project's folder does not exist"})
	}
}

// file takes the values of galley.toml.
func (l *loader) file(path string) {
	doc := l.read(path)
	for _, name := range doc.Names() {
		k, ok := findKey(name)
		switch {
		case ok:
			l.set(k, doc.Values[name], problemIn(doc, name, ""))
		case !isSection(name):
			l.problems = append(l.problems, problemIn(doc, name, unknown(name, names())))
		}
	}
}

// read reads a TOML file, which may be missing. One that cannot be parsed is one problem.
func (l *loader) read(path string) document.Document {
	doc, err := document.Read(path)
	if e, ok := errors.AsType[*document.Error](err); ok {
		l.problems = append(l.problems, Problem{File: path, Line: e.Line, Message: e.Error()})
	}
	return doc
}

// supabase takes the configuration of a folder laid out by the Supabase CLI.
func (l *loader) supabase(path string) {
	l.config.Supabase = true
	doc := l.read(path)
	found := supabase.Translate(doc, l.env)
	for _, s := range found.Settings {
		if k, ok := findKey(s.Key); ok {
			l.set(k, s.Value, problemIn(doc, s.From, ""))
		}
	}
	for _, n := range found.Problems {
		l.problems = append(l.problems, problemIn(doc, n.Key, n.Message))
	}
	for _, n := range found.Warnings {
		l.warnings = append(l.warnings, problemIn(doc, n.Key, n.Message))
	}
}

// foreign are variables of others' making that mean keys of ours. Those of a trace's
// own come after those of all signals.
var foreign = []struct{ name, key string }{
	{"DATABASE_URL", "database.url"},
	{"OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"},
	{"OTEL_EXPORTER_OTLP_HEADERS", "telemetry.headers"},
	{"OTEL_SERVICE_NAME", "telemetry.service_name"},
	{"OTEL_TRACES_SAMPLER_ARG", "telemetry.sample_ratio"},
}

// environment takes the GALLEY_… variables. An unknown one is a warning only: some
// platforms add variables of their own, named after the service.
func (l *loader) environment() {
	for _, v := range foreign {
		if value := l.env[v.name]; value != "" {
			k, _ := findKey(v.key)
			l.set(k, value, Problem{Key: v.name})
		}
	}
	known := map[string]key{}
	for _, k := range keys {
		known[k.env()] = k
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !strings.HasPrefix(name, "GALLEY_") || strings.HasPrefix(name, "GALLEY_TEST_") {
			continue
		}
		if k, ok := known[name]; ok {
			l.set(k, l.env[name], Problem{Key: name})
			continue
		}
		if k, ok := namedVariable(name); ok {
			l.set(k, l.env[name], Problem{Key: name})
			continue
		}
		l.warnings = append(l.warnings, Problem{Key: name, Message: unknown(name, slices.Sorted(maps.Keys(known)))})
	}
}

func (l *loader) flags(flags map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		k, ok := findKey(name)
		if !ok {
			l.problems = append(l.problems, Problem{Key: name, Message: unknown(name, names())})
			continue
		}
		l.set(k, flags[name], Problem{Key: "flag for " + name})
	}
}

func (l *loader) set(k key, value any, origin Problem) {
	if err := k.set(&l.config, value); err != nil {
		origin.Message = err.Error()
		l.problems = append(l.problems, origin)
	}
	l.origin[k.name] = origin
}

// wrong notes a problem with the value of a key, where it came from.
func (l *loader) wrong(name, message string) {
	p, ok := l.origin[name]
	if !ok {
		p = Problem{Key: name}
	}
	p.Message = message
	l.problems = append(l.problems, p)
}

// isSection tells whether keys begin with a name: then, empty, it is no mistake.
func isSection(name string) bool {
	return name == headersSection || slices.ContainsFunc(keys, func(k key) bool { return strings.HasPrefix(k.name, name+".") })
}

func names() []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.name
	}
	return out
}

// environment makes a map of os.Environ.
func environment(env []string) map[string]string {
	out := map[string]string{}
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok {
			out[name] = value
		}
	}
	return out
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
