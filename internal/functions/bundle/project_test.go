package bundle

import (
	"os"
	"path/filepath"
	"testing"
)

// TestProject builds the functions that test/functions runs, with the packages that
// npm installed there.
func TestProject(t *testing.T) {
	root := filepath.Join("..", "..", "..", "test", "functions", "project")
	if _, err := os.Stat(filepath.Join(root, "node_modules", "stripe")); err != nil {
		t.Skip("the packages of test/functions/project are not installed: scripts/install-npm.sh test/functions/project")
	}
	p := &Project{Dir: filepath.Join(root, "functions")}
	entries, err := filepath.Glob(filepath.Join(p.Dir, "[a-z]*", "*.ts*"))
	if err != nil || len(entries) < 25 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		rel, err := filepath.Rel(p.Dir, entry)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(rel, func(t *testing.T) {
			b := mustBuild(t, p, rel)
			t.Logf("%d bytes of %d files", len(b.Source), len(b.Inputs))
			if _, err := start(t, b).Call(t.Context(), "loaded"); err != nil {
				t.Error(b.Map.Stack(thrown(err)))
			}
		})
	}
}
