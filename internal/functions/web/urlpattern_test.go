package web

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestURLPattern: the answers are those of the standard's reference implementation, which
// Node 20 does not have.
func TestURLPattern(t *testing.T) {
	source, err := os.ReadFile("testdata/pattern/urlpattern.js")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/pattern/urlpattern.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := begin(t).start(t, printing(&out), string(source)).Drain(ctx); err != nil {
		t.Fatal(err)
	}
	compare(t, out.String(), string(want))
}
