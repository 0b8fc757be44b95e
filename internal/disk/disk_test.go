package disk

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestRoomOf(t *testing.T) {
	r, ok, err := RoomOf(t.TempDir())
	if err != nil || ok != (runtime.GOOS == "linux" || runtime.GOOS == "darwin" || runtime.GOOS == "windows") {
		t.Fatalf("%+v, %v, %v", r, ok, err)
	}
	if ok && (r.Total < 1<<20 || r.Free > r.Total) {
		t.Errorf("%+v", r)
	}
	if _, ok, err := RoomOf(filepath.Join(t.TempDir(), "missing")); ok && err == nil {
		t.Error("a folder that does not exist has room")
	}
}

func TestSyncTime(t *testing.T) {
	dir := t.TempDir()
	median, longest, err := SyncTime(dir, 5)
	if err != nil || median <= 0 || longest < median {
		t.Errorf("%v, %v, %v", median, longest, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, _, err := SyncTime(filepath.Join(dir, "missing"), 1); err == nil {
		t.Error("a folder that does not exist was written to")
	}
}
