package migrate

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "migrations")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, want := range []string{"20260102030405_add_users_table.sql", "20260102030406_add_users_table.sql"} {
		path, err := Create(dir, " Add users-table!", now)
		if err != nil || filepath.Base(path) != want {
			t.Errorf("%s, %v; want %s", path, err, want)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := Create(dir, "../!", now); err == nil {
		t.Error("a name without letters was taken")
	}
}

func TestRLSOff(t *testing.T) {
	for sql, want := range map[string]bool{
		"-- galley: rls off":                 true,
		"select 1;\n  --GALLEY:  rls  off\r": true,
		"select '-- galley: rls off'":        false,
		"-- galley: rls office":              false,
	} {
		if got := (&File{SQL: sql}).rlsOff(); got != want {
			t.Errorf("%q: %v", sql, got)
		}
	}
}

func TestBlankKeepsPositions(t *testing.T) {
	f := &File{SQL: "/* x */ BEGIN /* ; */ ;\nselect 'commit;';\nCOMMIT"}
	script, statements, err := f.statements()
	if err != nil || len(statements) != 1 || len(script) != len(f.SQL) {
		t.Fatalf("%q, %v, %v", script, statements, err)
	}
	if st := statements[0]; script[st.Offset:st.Offset+len(st.Text)] != "select 'commit;'" {
		t.Errorf("moved: %q", script)
	}
}

// A new migration comes behind those that are there, whatever they are named by.
func TestNextVersion(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for want, there := range map[string][]string{
		"20260131120000": nil,
		"20260131120001": {"001", "20260131120000"},
		"003":            {"001", "002"},
		"0100":           {"0099"},
	} {
		var files []*File
		for _, v := range there {
			files = append(files, &File{Version: v})
		}
		if got := nextVersion(files, now); got != want {
			t.Errorf("after %v: %s, want %s", there, got, want)
		}
	}
	if got := nextVersion([]*File{{Version: "999"}}, now); got != "20260131120000" {
		t.Errorf("after 999: %s", got)
	}
}
