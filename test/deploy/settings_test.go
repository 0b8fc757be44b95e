package deploy

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// checkSettings gives the variables of a file to galley, which warns of those that it
// does not know and refuses values that make no sense.
func checkSettings(t *testing.T, dir, file string) {
	t.Helper()
	env := []string{"PATH=" + os.Getenv("PATH"), "GALLEY_DATABASE_DATA=" + t.TempDir()}
	n := 0
	for line := range strings.Lines(file) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "GALLEY_") {
			name, value, _ := strings.Cut(line, "=")
			env = append(env, name+"="+strings.Trim(value, `"`)) // as systemd and compose read it
			n++
		}
	}
	if n == 0 {
		t.Fatal("no settings")
	}
	cmd := exec.Command(binary, "migrate", "status")
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "warning:") {
		t.Errorf("%v: %s", err, out)
	}
}
