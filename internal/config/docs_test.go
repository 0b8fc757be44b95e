package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryKeyIsDocumented keeps docs/configuration.md whole.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			rows++
		}
	}
	for _, k := range keys {
		if !strings.Contains(string(text), "\n| `"+k.name+"` | ") {
			t.Errorf("%s is not in docs/configuration.md", k.name)
		}
	}
	for _, n := range namedKeys() {
		if !strings.Contains(string(text), "\n| `"+n.pattern()+"` | ") {
			t.Errorf("%s is not in docs/configuration.md", n.pattern())
		}
	}
	if !strings.Contains(string(text), "\n| `"+headersSection+".NAME` | ") {
		t.Errorf("%s is not in docs/configuration.md", headersSection)
	}
	if all := len(keys) + len(namedKeys()) + 1; rows != all {
		t.Errorf("docs/configuration.md has %d keys, there are %d", rows, all)
	}
}
