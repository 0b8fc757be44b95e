package bundle

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick"
	"github.com/galleyhq/galley/internal/functions/loop"
	"github.com/galleyhq/galley/internal/functions/web"
)

// stage is what functions find besides the Web: a little of Deno, and module galley.
const stage = `
globalThis.Deno = {
  env: { get: (name) => name === "HOME" ? "/home" : undefined, toObject: () => ({ HOME: "/home" }) },
  serve: (options, handler) => { globalThis.served = handler; },
};
exports.modules.galley = { sql: "the database" };
`

// calling gives what a bundle's default export returns, as JSON.
const calling = `
globalThis.loaded = async () => { await globalThis.__module; return null; };
globalThis.call = async () => {
  const m = await globalThis.__module;
  const r = await m.default();
  return JSON.stringify(r instanceof Uint8Array ? { bytes: Array.from(r) } : r);
};`

// start runs a bundle in the engine that functions run in.
func start(t *testing.T, b *Bundle) *loop.Loop {
	t.Helper()
	e := &quick.Engine{}
	maker, err := loop.NewMaker(e)
	if err != nil {
		t.Fatal(err)
	}
	prelude, err := web.Source(web.File{Name: "stage", Source: stage})
	if err != nil {
		t.Fatal(err)
	}
	compile := func(name, source string) engine.Program {
		p, err := e.Compile(name, source)
		if err != nil {
			t.Fatalf("%s: %s", name, thrown(err))
		}
		return p
	}
	limits := loop.Limits{Limits: engine.Limits{Memory: 128 << 20}}
	l, err := maker.New(t.Context(), limits, loop.Ops{Sync: web.Operations()}, []engine.Program{compile("prelude", prelude)},
		compile(b.Name, b.Source), compile("test", calling))
	if err != nil {
		t.Fatal(thrown(err))
	}
	t.Cleanup(l.Close)
	return l
}

func answer(t *testing.T, b *Bundle) string {
	t.Helper()
	l := start(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	v, err := l.Call(ctx, "call")
	if err != nil {
		t.Fatal(thrown(err))
	}
	text, _ := v.(string)
	return text
}

func thrown(err error) string {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		return e.Error() + "\n" + e.Stack
	}
	return err.Error()
}
