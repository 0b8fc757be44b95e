package web

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick"
	"github.com/galleyhq/galley/internal/functions/loop"
)

var update = flag.Bool("update", false, "write testdata/*.txt from the answers of node")

// instance makes loops with the Web APIs in them.
type instance struct {
	engine  *quick.Engine
	maker   *loop.Maker
	prelude engine.Program
}

func begin(t testing.TB, more ...File) *instance {
	t.Helper()
	e := &quick.Engine{}
	maker, err := loop.NewMaker(e)
	if err != nil {
		t.Fatal(err)
	}
	source, err := Source(more...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Compile("galley:web", source)
	if err != nil {
		t.Fatal(err)
	}
	return &instance{e, maker, p}
}

func (i *instance) start(t testing.TB, ops loop.Ops, scripts ...string) *loop.Loop {
	t.Helper()
	var programs []engine.Program
	for _, s := range scripts {
		p, err := i.engine.Compile("test.js", s)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	limits := loop.Limits{Limits: engine.Limits{Memory: 128 << 20}}
	l, err := i.maker.New(t.Context(), limits, ops, []engine.Program{i.prelude}, programs...)
	if err != nil {
		if e, ok := errors.AsType[*engine.Error](err); ok {
			t.Fatalf("%v\n%s", err, e.Stack)
		}
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// printing are the operations of a loop whose log goes to a text.
func printing(out *strings.Builder) loop.Ops {
	sync := Operations()
	sync["log"] = func(_ context.Context, given []engine.Value) (engine.Value, error) {
		out.WriteString(engine.Args(given).Text(1) + "\n")
		return nil, nil
	}
	return loop.Ops{Sync: sync, Unhandled: func(e *engine.Error) { out.WriteString("unhandled: " + e.Error() + "\n" + e.Stack) }}
}

// TestAsNode runs the scripts of testdata, whose output is that of Node 20: in the
// files beside them, and by node itself where it is there.
func TestAsNode(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal("there are no scripts", err)
	}
	in := begin(t)
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".js"), func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := nodesAnswer(t, path)
			var out strings.Builder
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := in.start(t, printing(&out), string(source)).Drain(ctx); err != nil {
				t.Fatal(err)
			}
			compare(t, out.String(), want)
		})
	}
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			t.Fatalf("line %d is missing: %s", i+1, w[i])
		case i >= len(w):
			t.Fatalf("line %d is one too many: %s", i+1, g[i])
		case g[i] != w[i]:
			t.Errorf("line %d:\n got %s\nnode %s", i+1, g[i], w[i])
		}
	}
}

func nodesAnswer(t *testing.T, script string) string {
	t.Helper()
	file := strings.TrimSuffix(script, ".js") + ".txt"
	node, err := exec.LookPath("node")
	if err == nil {
		version, _ := exec.CommandContext(t.Context(), node, "--version").Output()
		if !strings.HasPrefix(string(version), "v20.") {
			err = exec.ErrNotFound
		}
	}
	kept, missing := os.ReadFile(file)
	if err != nil {
		if missing != nil {
			t.Fatal(missing)
		}
		return string(kept)
	}
	answer, err := exec.CommandContext(t.Context(), node, "--no-warnings", script).Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	if *update {
		if err := os.WriteFile(file, answer, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(kept) != string(answer) {
		t.Errorf("%s is not what node answers: run the test with -update", file)
	}
	return string(answer)
}
