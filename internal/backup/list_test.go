package backup

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

func TestKeep(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	var all []Backup
	for day := 10; day >= 0; day-- {
		all = append(all, Backup{Made: now.AddDate(0, 0, -day), Name: string(rune('a' + day))})
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		keep Keep
		all  []Backup
		gone int
	}{
		"everything":       {Keep{}, all, 0},
		"three":            {Keep{Last: 3}, all, 8},
		"five days":        {Keep{For: 5 * day}, all, 5},
		"either":           {Keep{Last: 8, For: 5 * day}, all, 3},
		"more than are":    {Keep{Last: 20}, all, 0},
		"old, but newest":  {Keep{For: time.Minute}, all[:1], 0},
		"none":             {Keep{Last: 1}, nil, 0},
		"all of them old":  {Keep{For: time.Second}, all[:5], 4},
		"a clock set back": {Keep{For: day}, []Backup{{Made: now.Add(day)}, {Made: now.Add(2 * day)}}, 0},
	} {
		gone := c.keep.drops(c.all, now)
		if len(gone) != c.gone || len(gone) > 0 && gone[0].Name != c.all[0].Name {
			t.Errorf("%s: %v", name, gone)
		}
	}
}

func TestNames(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("", 3600))
	for name, ok := range map[string]bool{Name(at, Lock{}): true, "galley-20260102T020405Z.tar.zst.age": true,
		"galley-.tar.zst": false, "galley-20260102T020405Z.tar": false, "x-20260102T020405Z.tar.zst": false, "galley-20261302T020405Z.tar.zst": false} {
		b, got := parseName(name)
		if got != ok || ok && !b.Made.Equal(at.Truncate(time.Second)) {
			t.Errorf("%s: %v %v", name, b, got)
		}
	}
}

func TestListAndPrune(t *testing.T) {
	dir := Folder(t.TempDir())
	for _, name := range []string{"galley-20260102T000000Z.tar.zst", "galley-20260103T000000Z.tar.zst.age", "galley-20260101T000000Z.tar.zst",
		"other.tar.zst", partPrefix + "old"} {
		if err := os.WriteFile(filepath.Join(string(dir), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	if err := os.Chtimes(filepath.Join(string(dir), partPrefix+"old"), now, now.Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	b, err := Newest(t.Context(), dir, time.Time{})
	if err != nil || b.Name != "galley-20260103T000000Z.tar.zst.age" || !b.Encrypted {
		t.Errorf("newest: %v %v", b, err)
	}
	if b, err := Newest(t.Context(), dir, time.Date(2026, 1, 2, 23, 0, 0, 0, time.UTC)); err != nil || b.Name != "galley-20260102T000000Z.tar.zst" {
		t.Errorf("of the 2nd: %v %v", b, err)
	}
	if _, err := Newest(t.Context(), dir, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)); fault.Code(err) != fault.UndefinedFile {
		t.Errorf("of another year: %v", err)
	}
	gone, err := Prune(t.Context(), dir, Keep{Last: 1}, now)
	if err != nil || len(gone) != 2 {
		t.Errorf("removed %v %v", gone, err)
	}
	entries, err := os.ReadDir(string(dir))
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"galley-20260103T000000Z.tar.zst.age", "other.tar.zst"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left %v %v", left, err)
	}
}

// A restore that ends between its two steps leaves the database that was there
// under both names.
func TestPutAsideKeepsTheName(t *testing.T) {
	target := Target{Path: filepath.Join(t.TempDir(), "data.db"), Force: true}
	db, err := embedded.Open(t.Context(), embedded.Config{Path: target.Path})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	aside, err := target.aside()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{target.Path, aside} {
		if _, err := embedded.Check(t.Context(), path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
