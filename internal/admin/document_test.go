package admin

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestDocumentedPaths: the document has the paths that are served, and no others.
func TestDocumentedPaths(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(Document(), &doc); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, operations := range doc.Paths {
		if strings.HasPrefix(path, "/admin/v1/mail/") {
			continue // internal/mail has its own test
		}
		for method := range operations {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for pattern := range (&api{}).routes() {
		served = append(served, pattern)
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described:\n%s\nserved:\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
}
