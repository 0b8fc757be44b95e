package rowset

import (
	"math"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

func gather(t *testing.T, list [][]sqlite.Value) []byte {
	t.Helper()
	g := Aggregate().New(nil)
	for _, row := range list {
		if err := g.Step(row); err != nil {
			t.Fatal(err)
		}
	}
	v, err := g.Final()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(v.Blob())
}

func TestValuesComeBackAsTheyAreStored(t *testing.T) {
	want := [][]sqlite.Value{
		{sqlite.Null, sqlite.Int(math.MinInt64), sqlite.Float(math.Copysign(0, -1)), sqlite.Float(math.NaN())},
		{sqlite.Text(""), sqlite.Blob([]byte{}), sqlite.Text("a\x00\xff"), sqlite.Int(math.MaxInt64)},
		{sqlite.Blob([]byte{0, 1}), sqlite.Float(math.Inf(1)), sqlite.Int(0), sqlite.Null},
	}
	r := &rows{rest: gather(t, want)}
	for n, row := range want {
		more, err := r.Next()
		if err != nil || !more {
			t.Fatalf("row %d: %v %v", n, more, err)
		}
		for i, v := range row {
			if got := r.Column(i); got != v {
				t.Errorf("row %d, column %d: %v, want %v", n, i, got, v)
			}
		}
	}
	if more, err := r.Next(); more || err != nil {
		t.Errorf("after the last row: %v, %v", more, err)
	}
}

func TestNoRowsAreNull(t *testing.T) {
	if v, err := Aggregate().New(nil).Final(); err != nil || !v.IsNull() {
		t.Errorf("%v, %v", v, err)
	}
}

// Every beginning of a value is refused or ends between two rows, and none panics.
func TestDamagedRows(t *testing.T) {
	whole := gather(t, [][]sqlite.Value{{sqlite.Int(300), sqlite.Text("abc")}, {sqlite.Float(1), sqlite.Null}})
	complete := 0
	for cut := 1; cut < len(whole); cut++ {
		r := &rows{rest: whole[:cut]}
		for {
			more, err := r.Next()
			if err == nil && !more {
				complete++
			}
			if err != nil || !more {
				break
			}
		}
	}
	if complete > 2 {
		t.Errorf("%d damaged values were read to their end", complete)
	}
}
