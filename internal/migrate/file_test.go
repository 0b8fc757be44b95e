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
