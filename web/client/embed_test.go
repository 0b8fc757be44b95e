package client

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestVersion compares what is said of the module with what it is made of.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	if p.Dependencies[Package] != Version {
		t.Errorf("package.json has %s %q, the package says %q", Package, p.Dependencies[Package], Version)
	}
}

func TestModule(t *testing.T) {
	module := string(Module())
	if module == "" {
		t.Skip("not tried, for the client was not built (make web)")
	}
	for _, want := range []string{"/galley/config.js", Version, "createClient"} {
		if !strings.Contains(module, want) {
			t.Errorf("the module does not have %q", want)
		}
	}
}
