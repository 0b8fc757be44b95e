package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// unit is the settings of a unit file, each with all of its values.
func unit(t *testing.T, text string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			out[name] = append(out[name], value)
		}
	}
	return out
}

// TestUnit: systemd finds nothing wrong with the unit, and little to attack.
func TestUnit(t *testing.T) {
	need(t, "systemd-analyze")
	dir := project(t, "systemd")
	text := read(t, dir, "deploy", "shop.service")
	text = strings.ReplaceAll(text, "/usr/local/bin/galley", binary) // which has to be there
	text = strings.ReplaceAll(text, "/srv/shop", dir)
	path := filepath.Join(dir, "deploy", "shop.service")
	write(t, path, text)
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", path).CombinedOutput(); err != nil || strings.Contains(string(out), "shop.service") {
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
	// Exposure from 0 to 10, times 10; units of systemd's own that are called safe have up to 2.
	out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", path).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v: %s", err, out)
	}
	if level := regexp.MustCompile(`Overall exposure level.*`).Find(out); level != nil {
		t.Logf("%s", level)
	}
}

// TestUnitRuns runs the unit's commands as the unit would: as a user of its own, with
// the one capability, no new rights, a system that cannot be written to, and the
// project's own domain on ports 443 and 80, of an address of loopback that is ours.
func TestUnitRuns(t *testing.T) {
	needRoot(t)
	need(t, "setpriv")
	dir := project(t, "systemd")
	settings := unit(t, read(t, dir, "deploy", "shop.service"))
	state, err := os.MkdirTemp("", "galley-state-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	const user = 61234
	if err := os.Chown(state, user, user); err != nil {
		t.Fatal(err)
	}
	own := func(command string) []string {
		command = strings.NewReplacer("/usr/local/bin/galley", binary, "/srv/shop", dir, "/var/lib/shop", state).Replace(command)
		return strings.Fields(command)
	}
	cert, key := certificate(t, state, user)
	const address = "127.61.23.4"
	env := []string{"GALLEY_SERVER_LISTEN=127.0.0.1:" + freePort(t), "GALLEY_SERVER_HTTPS_DOMAINS=shop.example.org", "GALLEY_SERVER_HTTPS_CERT=" + cert, "GALLEY_SERVER_HTTPS_KEY=" + key,
		"GALLEY_SERVER_HTTPS_LISTEN=" + address + ":443", "GALLEY_SERVER_HTTPS_REDIRECT=" + address + ":80", "TMPDIR=" + state}
	if settings["AmbientCapabilities"][0] != "CAP_NET_BIND_SERVICE" || settings["CapabilityBoundingSet"][0] != "CAP_NET_BIND_SERVICE" || settings["DynamicUser"][0] != "yes" {
		t.Fatalf("another user or other rights than those tested here: %v", settings)
	}
	// The project belongs to root, and setpriv gives what the unit gives.
	if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Chmod(path, map[bool]os.FileMode{true: 0o555, false: 0o444}[isDir(path)])
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	rights := []string{"--reuid=61234", "--regid=61234", "--clear-groups", "--no-new-privs", "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service", "--bounding-set=-all,+net_bind_service"}
	command := func(line string) *exec.Cmd {
		cmd := exec.Command("setpriv", append(append(rights, "--"), own(line)...)...)
		cmd.Dir, cmd.Env = dir, env
		return cmd
	}
	begin(t, command(settings["ExecStart"][0]))
	after := command(settings["ExecStartPost"][0])
	timer := time.AfterFunc(patience, func() { _ = after.Process.Kill() })
	defer timer.Stop()
	if out, err := after.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", settings["ExecStartPost"][0], err, out)
	}
	secured(t, address, cert)
	if _, err := os.Stat(filepath.Join(state, "data.db")); err != nil {
		t.Error(err)
	}
	asRootBeside(t, dir, state)
	checkSettings(t, dir, strings.ReplaceAll(read(t, dir, "deploy", "shop.env.example"), "# GALLEY_SERVER", "GALLEY_SERVER"))
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
