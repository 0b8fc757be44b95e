package sqltext

import (
	"slices"
	"testing"
)

func TestMetas(t *testing.T) {
	const script = "-- \\a\nselect '\\b', \"\\c\", $$\\d$$ /* \\e\n*/;\n\\c x;  \nselect 1 \\gset\n\\q"
	want := []Meta{
		{Text: `\c x;`, Offset: 42, Line: 4}, {Text: `\gset`, Offset: 59, Line: 5}, {Text: `\q`, Offset: 65, Line: 6},
	}
	if got := Metas(script); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestBlank keeps the positions of what follows.
func TestBlank(t *testing.T) {
	if got := Blank("a\näöb\nc", 2, 6); got != "a\n   \nc" {
		t.Errorf("%q", got)
	}
}
