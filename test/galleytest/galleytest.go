// Package galleytest runs Galley's real binary for tests that look at it from
// outside, as a process that listens on loopback.
//
//	func TestMain(m *testing.M) { galleytest.Main(m) }
//
//	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, migrations)})
//	resp, err := http.Get(s.URL + "/rest/v1/todos")
package galleytest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is what Main built.
var binary string

// Main builds galley, runs the tests and removes it again; or runs them with the binary
// that GALLEY_TEST_BINARY names, which scripts/test.sh builds once for all packages.
func Main(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if binary = os.Getenv("GALLEY_TEST_BINARY"); binary != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "galley-binary-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "galley.exe")
	build := exec.Command("go", "build", "-o", binary, "github.com/galleyhq/galley/cmd/galley")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build galley:", err)
		return 1
	}
	return m.Run()
}

// Project makes a project's folder with one migration.
func Project(t testing.TB, migration string) string {
	t.Helper()
	dir := t.TempDir()
	migrations := filepath.Join(dir, "migrations")
	if err := os.Mkdir(migrations, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(migrations, "20260101000000_schema.sql"), []byte(migration), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Binary is the program that Main built.
func Binary() string { return binary }
