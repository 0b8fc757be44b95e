package bundle

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick"
	"github.com/galleyhq/galley/internal/functions/loop"
	"github.com/galleyhq/galley/internal/functions/web"
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
		b.Run(name+" loaded", func(b *testing.B) { benchmarkLoad(b, p, name) })
	}
}

// benchmarkLoad evaluates a bundle in new instances.
func benchmarkLoad(b *testing.B, p *Project, name string) {
	e := &quick.Engine{}
	maker, err := loop.NewMaker(e)
	if err != nil {
		b.Fatal(err)
	}
	built, err := p.Build(b.Context(), name+"/index.ts")
	if err != nil {
		b.Fatal(err)
	}
	prelude, err := web.Source(web.File{Name: "stage", Source: stage})
	if err != nil {
		b.Fatal(err)
	}
	compile := func(name, source string) engine.Program {
		program, err := e.Compile(name, source)
		if err != nil {
			b.Fatal(err)
		}
		return program
	}
	own, script := compile("prelude", prelude), compile(built.Name, built.Source)
	test := compile("test", calling)
	limits := loop.Limits{Limits: engine.Limits{Memory: 128 << 20}}
	var memory int64
	for b.Loop() {
		l, err := maker.New(b.Context(), limits, loop.Ops{Sync: web.Operations()}, []engine.Program{own}, script, test)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Call(b.Context(), "loaded"); err != nil {
			b.Fatal(err)
		}
		memory = l.Memory()
		l.Close()
	}
	b.ReportMetric(float64(memory)/1e6, "MB/instance")
	b.ReportMetric(float64(script.Size())/1e6, "MB/program")
}
