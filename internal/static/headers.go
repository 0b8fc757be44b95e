package static

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strings"
)

// headerRule has the headers of a path.
type headerRule struct {
	path    string // without its *
	begins  bool   // it had one
	headers map[string]string
}

// headerRules are rules of which the one that counts most is the last.
type headerRules []headerRule

func newHeaderRules(headers map[string]map[string]string) headerRules {
	var out headerRules
	for pattern, values := range headers {
		prefix, begins := strings.CutSuffix(pattern, "*")
		out = append(out, headerRule{prefix, begins, values})
	}
	slices.SortFunc(out, func(a, b headerRule) int {
		if a.path == b.path && a.begins {
			return -1
		}
		return cmp.Compare(len(a.path), len(b.path))
	})
	return out
}

// set adds the project's headers to a response. The path is the one that the file was
// found by.
func (rules headerRules) set(h http.Header, urlPath string) {
	clean := path.Clean("/" + urlPath)
	if strings.HasSuffix(urlPath, "/") && clean != "/" {
		clean += "/"
	}
	for _, rule := range rules {
		if clean != rule.path && !(rule.begins && strings.HasPrefix(clean, rule.path)) {
			continue
		}
		for name, value := range rule.headers {
			if value == "" {
				h.Del(name)
			} else {
				h.Set(name, value)
			}
		}
	}
}
