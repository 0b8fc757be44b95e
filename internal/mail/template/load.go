package template

import (
	"embed"
	"encoding/json"
	"errors"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"

	"github.com/galleyhq/galley/internal/mail/message"
)

//go:embed layout.html layout.txt text
var own embed.FS

// renderer is a parsed template of either kind.
type renderer interface {
	Execute(w io.Writer, data any) error
}

// bounded ends a template that writes without end.
type bounded struct {
	b    strings.Builder
	left int
}

// Write implements io.Writer.
func (w *bounded) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errors.New("it makes more than fits into a mail")
	}
	return w.b.Write(p)
}

func render(t renderer, v Variables) (string, error) {
	w := &bounded{left: message.MaxBody}
	if err := t.Execute(w, v); err != nil {
		return "", err
	}
	out := w.b.String()
	if _, isText := t.(*texttemplate.Template); isText { // html/template leaves it out by itself
		out = strings.ReplaceAll(out, "<no value>", "")
	}
	return out, nil
}

// texts is one file of text/: what Galley's own templates say in a language.
type texts struct {
	Code      string                       `json:"code"`
	OnlyCode  string                       `json:"onlyCode"`
	Note      string                       `json:"note"`
	Templates map[string]map[string]string `json:"templates"`
}

func (s *Set) loadBuiltin() error {
	files, err := own.ReadDir("text")
	if err != nil {
		return err
	}
	for _, f := range files {
		raw, err := own.ReadFile("text/" + f.Name())
		if err != nil {
			return err
		}
		var t texts
		if err := json.Unmarshal(raw, &t); err != nil {
			return located(f.Name(), err)
		}
		language := strings.TrimSuffix(f.Name(), ".json")
		for name, says := range t.Templates {
			s.builtin[place{language, name}] = sync.OnceValue(func() entry { return must(t.entry(language, says)) })
		}
	}
	return nil
}

// entry puts what a template says into the layouts.
func (t texts) entry(language string, says map[string]string) (entry, error) {
	parts := map[string]string{"title": says["subject"], "code": t.Code, "note": t.Note, "button": ""}
	if says["button"] == "" {
		parts["code"] = t.OnlyCode
	}
	for name, text := range says {
		parts[name] = text
	}
	html, err := parseHTML("layout.html", mustRead("layout.html"), func(root *htmltemplate.Template) error {
		for name, text := range parts {
			if _, err := root.New(name).Parse(text); err != nil {
				return err
			}
		}
		return nil
	}, htmltemplate.FuncMap{"language": func() string { return language }, "hasButton": func() bool { return says["button"] != "" }})
	if err != nil {
		return entry{}, err
	}
	plain := texttemplate.New("layout.txt").Funcs(texttemplate.FuncMap{"hasButton": func() bool { return says["button"] != "" }})
	for name, text := range parts {
		if _, err := plain.New(name).Parse(text); err != nil {
			return entry{}, err
		}
	}
	if _, err := plain.Parse(mustRead("layout.txt")); err != nil {
		return entry{}, err
	}
	subject, err := texttemplate.New("subject").Parse(says["subject"])
	return entry{subject: subject, text: plain, html: html}, err
}

func mustRead(name string) string { return string(must(own.ReadFile(name))) }

// must is for what is in the binary, where a mistake is one of the program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func parseHTML(name, text string, parts func(*htmltemplate.Template) error, funcs htmltemplate.FuncMap) (*htmltemplate.Template, error) {
	root := htmltemplate.New(name).Funcs(funcs)
	if err := parts(root); err != nil {
		return nil, err
	}
	return root.Parse(text)
}

// Bounds of the project's files.
const (
	maxFile  = 512 << 10 // bytes
	maxFiles = 1000
)

// files are the project's, by path.
type files map[string]string

// loadProject reads the project's templates. The error names every mistake.
func (s *Set) loadProject() error {
	all, err := readFiles(s.config.Files)
	if err != nil {
		return err
	}
	var problems []error
	for p, text := range all {
		if err := s.addFile(all, p, text); err != nil {
			problems = append(problems, located(p, err))
		}
	}
	for name, o := range s.config.Overrides {
		if err := s.addOverride(all, name, o); err != nil {
			problems = append(problems, located(name, err))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

func readFiles(from fs.FS) (files, error) {
	out := files{}
	if from == nil {
		return out, nil
	}
	err := fs.WalkDir(from, ".", func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && p == "." {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() || path.Ext(p) != ".html" && path.Ext(p) != ".txt" {
			return err
		}
		raw, err := fs.ReadFile(from, p)
		switch {
		case err != nil:
			return err
		case len(raw) > maxFile || len(out) == maxFiles:
			return located(p, errors.New("too large, or one of too many"))
		}
		out[p] = string(raw)
		return nil
	})
	return out, err
}

func (s *Set) addFile(all files, p, text string) error {
	dir, base := path.Split(p)
	language := strings.TrimSuffix(dir, "/")
	if strings.HasPrefix(base, "_") {
		return nil
	}
	if language != "" && Tag(language) == "" {
		return errors.New("it lies in a folder that is no language")
	}
	name, isSubject := strings.CutSuffix(base, ".subject.txt")
	if !isSubject {
		name = strings.TrimSuffix(base, path.Ext(base))
	}
	at := place{Tag(language), name}
	e := s.project[at]
	var err error
	switch {
	case isSubject:
		e.subject, err = all.text(p, text)
	case path.Ext(base) == ".html":
		e.html, err = all.html(p, text)
	default:
		e.text, err = all.text(p, text)
	}
	if err == nil {
		s.project[at] = e
	}
	return err
}

// addOverride adds what the configuration says; a file of the same name gives way.
func (s *Set) addOverride(all files, name string, o Override) (err error) {
	at := place{"", name}
	e := s.project[at]
	if o.Subject != "" {
		if e.subject, err = all.text(name+" (subject)", o.Subject); err != nil {
			return err
		}
	}
	if o.HTML != "" {
		if e.html, err = all.html(name, o.HTML); err != nil {
			return err
		}
		e.text = nil
	}
	s.project[at] = e
	return nil
}

// html parses a template with the parts that it may include.
func (f files) html(name, text string) (renderer, error) {
	return parseHTML(name, text, func(root *htmltemplate.Template) error {
		for p, part := range f {
			if strings.HasPrefix(path.Base(p), "_") && path.Ext(p) == ".html" {
				if _, err := root.New(p).Parse(part); err != nil {
					return located(p, err)
				}
			}
		}
		return nil
	}, nil)
}

func (f files) text(name, text string) (renderer, error) {
	root := texttemplate.New(name)
	for p, part := range f {
		if strings.HasPrefix(path.Base(p), "_") && path.Ext(p) == ".txt" {
			if _, err := root.New(p).Parse(part); err != nil {
				return nil, located(p, err)
			}
		}
	}
	return root.Parse(text)
}
