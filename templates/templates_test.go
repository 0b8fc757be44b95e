package templates

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
)

// TestFiles looks at what each template is made of: its configuration and front page, no
// name twice, and nothing in the folder that is not offered.
func TestFiles(t *testing.T) {
	offered := map[string]bool{"shared": true}
	for _, template := range All() {
		offered[template.Name] = true
		seen := map[string]bool{}
		front := false // a file, or a function that is asked for "/"
		err := template.Files(func(name string, content []byte) error {
			if seen[name] || len(content) == 0 {
				t.Errorf("%s: %s comes twice, or is empty", template.Name, name)
			}
			seen[name] = true
			front = front || name == "public/index.html" || bytes.Contains(content, []byte(`export const path = ["/",`))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !front {
			t.Errorf("%s has no front page", template.Name)
		}
		for _, want := range []string{"galley.toml", ".gitignore"} {
			if !seen[want] {
				t.Errorf("%s has no %s", template.Name, want)
			}
		}
	}
	folders, err := fs.ReadDir(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !offered[f.Name()] {
			t.Errorf("nobody is offered %s", f.Name())
		}
	}
}

// limits are lines of a template: of its front end, of its SQL, of its functions.
var limits = map[string]int{"public": 800, "migrations": 1500, "functions": 1500}

// TestLines holds the templates to what can be read in an evening.
func TestLines(t *testing.T) {
	for _, template := range All() {
		lines := map[string]int{}
		err := template.Files(func(name string, content []byte) error {
			part, _, _ := strings.Cut(name, "/")
			lines[part] += strings.Count(string(content), "\n")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for part, limit := range limits {
			if lines[part] > limit {
				t.Errorf("%s/%s has %d lines, at most %d", template.Name, part, lines[part], limit)
			}
		}
	}
}

func TestFind(t *testing.T) {
	if _, err := Find("shoo"); err == nil || !strings.Contains(err.Error(), Empty) {
		t.Errorf("the error does not name the templates: %v", err)
	}
	if found, err := Find(Empty); err != nil || found.Name != Empty {
		t.Error(found, err)
	}
}
