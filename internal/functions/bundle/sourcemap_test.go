package bundle

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
)

const failing = `// a comment
import { inner } from "../_shared/inner.ts";
interface Unused { a: string }

export default function handler(): never {
  const text: string = "ä🙂"; return inner(text);
}
`

const inner = `type T = string;
export function inner(t: T): never {
  throw new TypeError(t);
}
`

// TestStack maps the stack of an error as QuickJS writes it.
func TestStack(t *testing.T) {
	b := mustBuild(t, project(t, map[string]string{"functions/f/index.ts": failing, "functions/_shared/inner.ts": inner}), "f/index.ts")
	thrown, called := place(t, b.Source, "TypeError("), place(t, b.Source, "inner(text")
	stack := fmt.Sprintf("    at inner (f:%s)\n    at handler (f:%s)\n    at f:%s\n    at call (native)\n    at run (other:1:2)\n    at <anonymous> (f:999:1)\n", thrown, called, called)
	want := "    at inner (functions/_shared/inner.ts:3:13)\n    at handler (functions/f/index.ts:6:38)\n    at functions/f/index.ts:6:38\n" +
		"    at call (native)\n    at run (other:1:2)\n    at <anonymous> (f:999:1)\n"
	if got := b.Map.Stack(stack); got != want {
		t.Errorf("%s\n%s", got, stack)
	}
	if got := (*SourceMap)(nil).Stack(stack); got != stack {
		t.Error(got)
	}
}

// place gives line:column of a text in a script, from 1.
func place(t *testing.T, script, text string) string {
	t.Helper()
	before, _, found := strings.Cut(script, text)
	if !found {
		t.Fatalf("%q is not in\n%s", text, script)
	}
	return fmt.Sprintf("%d:%d", strings.Count(before, "\n")+1, len(before)-strings.LastIndex(before, "\n"))
}

// TestThrown maps the stack of an error that the engine throws.
func TestThrown(t *testing.T) {
	b := mustBuild(t, project(t, map[string]string{"functions/f/index.ts": failing, "functions/_shared/inner.ts": inner}), "f/index.ts")
	_, err := start(t, b).Call(t.Context(), "call")
	e, ok := errors.AsType[*engine.Error](err)
	if !ok {
		t.Fatal(err)
	}
	stack := b.Map.Stack(e.Stack)
	lines := strings.Split(stack, "\n")
	if e.Message != "ä🙂" || len(lines) < 2 || !strings.HasPrefix(lines[0], "    at inner (functions/_shared/inner.ts:3:") || !strings.HasPrefix(lines[1], "    at handler (functions/f/index.ts:6:") {
		t.Errorf("%s\n%s\n%s", e, stack, e.Stack)
	}
}
