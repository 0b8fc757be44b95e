package bundle

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkBuild builds functions of test/functions, small and with large packages.
func BenchmarkBuild(b *testing.B) {
	root := filepath.Join("..", "..", "..", "test", "functions", "project")
	if _, err := os.Stat(filepath.Join(root, "node_modules", "stripe")); err != nil {
		b.Skip("the packages of test/functions/project are not installed: scripts/install-npm.sh test/functions/project")
	}
	p := &Project{Dir: filepath.Join(root, "functions")}
	for _, name := range []string{"hello", "hono-api", "stripe-webhook", "my-todos", "validate"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := p.Build(b.Context(), name+"/index.ts"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
