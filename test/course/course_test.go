package course

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/course/lesson"
	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/nodetest"
)

// update makes the pages say what comes out. Look at what it changed: it knows nothing of
// what ought to come out, and writes times and ids where a … should stand.
var update = flag.Bool("update", false, "write what comes out into the pages")

func TestMain(m *testing.M) { galleytest.Main(m) }

// engines are where the pages are tried, with the URL of a fresh database.
var engines = map[string]func(testing.TB) string{
	"embedded": func(testing.TB) string { return "" },
	"postgres": pgtest.Database,
}

// reader is somebody with an empty folder, the binary, Node and the official client.
func reader(t *testing.T, databaseURL string) *lesson.Course {
	t.Helper()
	modules, err := filepath.Abs("../templates/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node := nodetest.Find(t, nodetest.Needs{Folder: "test/templates", At: "../templates",
		Packages: []string{"@supabase/supabase-js"}, Require: "GALLEY_TEST_REQUIRE_CLIENT"})
	if found, err := exec.LookPath(node); err == nil {
		node, _ = filepath.Abs(found)
	}
	c, err := lesson.New(lesson.Options{Home: t.TempDir(), Galley: galleytest.Binary(), DatabaseURL: databaseURL, Modules: modules, Node: node})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCourse does what the chapters of the course say, one after the other. One alone
// (-run TestCourse/embedded/04) is preceded by the others, unchecked.
func TestCourse(t *testing.T) {
	chapters, err := filepath.Glob("../../docs/course/[0-9]*.md")
	if err != nil || len(chapters) == 0 {
		t.Fatal("no chapters", err)
	}
	slices.Sort(chapters)
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			library, shop, played := url(t), url(t), 0
			c := reader(t, library)
			do := func(t *testing.T, chapter string, check bool) {
				if c.Database(library); strings.Contains(chapter, "-shop") { // it makes a project beside the other
					c.Database(shop)
				}
				play(t, c, chapter, check)
			}
			for i, chapter := range chapters {
				t.Run(filepath.Base(chapter), func(t *testing.T) {
					for ; played < i; played++ {
						do(t, chapters[played], false)
					}
					played++
					do(t, chapter, true)
				})
				if t.Failed() {
					return // the others stand on this one
				}
			}
		})
	}
}

// TestPages does what other pages say where they begin.
func TestPages(t *testing.T) {
	for _, page := range []struct{ path, heading string }{
		{"../../README.md", "## Five minutes"},
		{"../../docs/functions.md", "## The first one"},
	} {
		for name, url := range engines {
			t.Run(filepath.Base(page.path)+"/"+name, func(t *testing.T) {
				text, err := os.ReadFile(page.path)
				if err != nil {
					t.Fatal(err)
				}
				section, err := lesson.Section(string(text), page.heading)
				if err != nil {
					t.Fatal(err)
				}
				if err := reader(t, url(t)).Play(t.Context(), section, true); err != nil {
					t.Fatalf("%s: %v", page.path, err)
				}
			})
		}
	}
}

func play(t *testing.T, c *lesson.Course, path string, check bool) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update && check {
		defer correct(t, c, path, strings.Split(string(page), "\n"))()
	}
	if err := c.Play(t.Context(), string(page), check); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// correct has the page rewritten by what comes out, when the function it returns is called.
func correct(t *testing.T, c *lesson.Course, path string, lines []string) (done func()) {
	moved := 0 // how many lines longer the page has become
	c.Correct = func(line int, said, right string) {
		line += moved
		old, text := strings.Count(said, "\n"), strings.Split(strings.TrimSuffix(right, "\n"), "\n")
		lines = slices.Replace(lines, line, line+old, text...)
		moved += len(text) - old
	}
	return func() {
		c.Correct = nil
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Error(err)
		}
	}
}
