package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/host/files"
)

func TestRead(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("functions/f/a.html", "a")
	write("functions/f/in/b.html", "b")
	write("functions/f/index.ts", "code")
	write("shared/c.txt", "c")
	write("functions/f/long.html", strings.Repeat("x", files.Max+1))
	write("functions/f/folder.html/x", "")
	outside := filepath.Join(t.TempDir(), "outside.html")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "functions", "f", "link.html")); err != nil {
		t.Fatal(err)
	}
	f := files.New(root, map[string]files.Function{
		"f": {Folder: "functions/f", Patterns: []string{"functions/f/*.html", "shared/c.txt", "../outside.html", ""}},
		"g": {Folder: "functions/g"},
	})
	tests := []struct{ function, name, want string }{
		{"f", "./a.html", "a"}, {"f", "a.html", "a"}, {"f", "/functions/f/a.html", "a"}, {"f", "in/../a.html", "a"},
		{"f", "../../shared/c.txt", "c"}, {"f", "/shared/c.txt", "c"}, {"f", "/shared/../shared/c.txt", "c"},
		{"f", "in/b.html", files.NotNamed}, {"f", "index.ts", files.NotNamed}, {"f", "", files.NotNamed}, {"f", "/", files.NotNamed},
		{"f", "none.html", files.NotFound}, {"f", "long.html", fault.ProgramLimitExceeded}, {"f", "folder.html", fault.InvalidParameter},
		{"f", "../../../" + filepath.Base(filepath.Dir(outside)) + "/outside.html", files.NotNamed}, {"f", outside, files.NotNamed},
		{"g", "/functions/f/a.html", files.NotNamed}, {"h", "/functions/f/a.html", files.NotNamed},
	}
	for _, tt := range tests {
		text, err := f.Read(tt.function, tt.name)
		got := string(text)
		if err != nil {
			got = fault.Code(err)
		}
		if got != tt.want {
			t.Errorf("%s of %s: %q %v, wanted %q", tt.name, tt.function, got, err, tt.want)
		}
	}
	for _, name := range []string{"link.html", "../../../outside.html"} {
		if text, err := f.Read("f", name); err == nil || string(text) != "" {
			t.Errorf("%s leads out of the project: %q", name, text)
		}
	}
}
