package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocs: the commands and settings of docs/deployment.md are there, by their names.
func TestDocs(t *testing.T) {
	text := read(t, filepath.Join("..", "..", "docs", "deployment.md"))
	commands := regexp.MustCompile(`galley ((?:serve|sql|keys|doctor|health|backup|restore|migrate|deploy)\b[^\n'"|;)`+"`"+`#]*)`).FindAllStringSubmatch(text, -1)
	if len(commands) < 15 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, c := range commands {
		var args []string
		for _, word := range strings.Fields(c[1]) {
			if word = strings.Trim(word, ".,:"); strings.HasPrefix(word, "-") || len(args) == 0 || len(args) == 1 && regexp.MustCompile(`^(init|verify|status|up)$`).MatchString(word) {
				args = append(args, word)
			}
		}
		path := args[:1]
		if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
			path = args[:2]
		}
		help, err := exec.Command(binary, append(slices.Clone(path), "--help")...).CombinedOutput()
		if err != nil {
			t.Errorf("galley %s: %v: %s", c[1], err, help)
		}
		for _, a := range args {
			if strings.HasPrefix(a, "--") && !strings.Contains(string(help), a+" ") {
				t.Errorf("galley %s: there is no %s", c[1], a)
			}
		}
	}
	reference := read(t, filepath.Join("..", "..", "docs", "configuration.md"))
	for _, key := range regexp.MustCompile("`((?:server|auth|backup|database|metrics)\\.[a-z_.]+)`").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(reference, "| `"+key[1]+"` |") {
			t.Errorf("there is no setting %s", key[1])
		}
	}
	for _, kind := range []string{"systemd", "docker", "compose", "kubernetes", "render", "fly", "ci"} {
		if !strings.Contains(text, "`"+kind+"`") {
			t.Errorf("%s is not told of", kind)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([a-z./-]+\.md|\.\./[a-z]+)[#)]`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("..", "..", "docs", link[1])); err != nil {
			t.Error(err)
		}
	}
}
