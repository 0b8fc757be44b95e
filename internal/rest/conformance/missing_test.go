package conformance

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/schema"
)

// missing are the objects of the fixtures that did not load.
type missing struct {
	// objects are those whose CREATE was refused, or a part of which was: a row, a
	// column, a constraint.
	objects map[schema.Name]bool
	// writing are those with a refused trigger or rule. Only requests that write
	// see it.
	writing map[schema.Name]bool
}

// nameOf matches the name of an object, with or without its schema.
const nameOf = `((?:"(?:[^"]|"")+"|[^\s"(.;]+)(?:\.(?:"(?:[^"]|"")+"|[^\s"(.;]+))?)`

// Statements that make an object, a part of one, or a trigger or rule of one.
var (
	creates = regexp.MustCompile(`(?i)^CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+)?` +
		`(?:TABLE|FOREIGN\s+TABLE|MATERIALIZED\s+VIEW|VIEW|FUNCTION|DOMAIN|TYPE|AGGREGATE)\s+(?:IF\s+NOT\s+EXISTS\s+)?` + nameOf)
	completes = regexp.MustCompile(`(?is)^(?:INSERT\s+INTO|UPDATE|TRUNCATE\s+TABLE|ALTER\s+(?:TABLE|VIEW)(?:\s+ONLY)?|` +
		`CREATE\s+POLICY\s.*?\sON)\s+` + nameOf)
	reacts = regexp.MustCompile(`(?is)^CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:CONSTRAINT\s+)?TRIGGER\s.*?\sON|RULE\s.*?\sTO)\s+` + nameOf)
)

// missingAfter reads from the refused statements what did not load.
func missingAfter(refusals []refusal) *missing {
	m := &missing{objects: make(map[schema.Name]bool), writing: make(map[schema.Name]bool)}
	for _, r := range refusals {
		for pattern, names := range map[*regexp.Regexp]map[schema.Name]bool{creates: m.objects, completes: m.objects, reacts: m.writing} {
			if found := pattern.FindStringSubmatch(r.text); found != nil {
				names[qualify(found[1], r.path)] = true
			}
		}
	}
	return m
}

var searchPath = regexp.MustCompile(`(?i)^SET\s+search_path\s*(?:=|TO)\s*("(?:[^"]|"")+"|[^\s,;]+)`)

// qualify splits a name and takes the schema from the search path when it has
// none.
func qualify(text, path string) schema.Name {
	parts := identifier.FindAllString(text, 2)
	for i, p := range parts {
		parts[i] = unquote(p)
	}
	if len(parts) == 2 {
		return schema.Name{Schema: parts[0], Name: parts[1]}
	}
	return schema.Name{Schema: path, Name: parts[0]}
}

var identifier = regexp.MustCompile(`"(?:[^"]|"")+"|[^".]+`)

func unquote(name string) string {
	if inner, quoted := strings.CutPrefix(name, `"`); quoted {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return strings.ToLower(name)
}

// of names an object that did not load and that a request of a case speaks of: as
// the relation or function of its path, as an embedded relation or computed column
// of its parameters, or as a media type; "" when there is none.
func (m *missing) of(c *spec) string {
	if m == nil {
		return ""
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		for n, word := range s.words() {
			name := schema.Name{Schema: c.schemaOf(s), Name: word}
			if m.objects[name] || n == 0 && s.writes() && m.writing[name] {
				return name.Schema + "." + name.Name
			}
		}
	}
	return ""
}

// writes tells that a request may change rows, or is asked what may.
func (s *step) writes() bool { return s.Method != "GET" && s.Method != "HEAD" }

// words are the names that a request may mean an object by, first that of its
// path.
func (s *step) words() []string {
	var target string
	if json.Unmarshal(s.Path, &target) != nil {
		return nil // taken from the answer of a step before it
	}
	path, query, _ := strings.Cut(target, "?")
	words := []string{decoded(strings.TrimPrefix(strings.TrimPrefix(path, "/"), "rpc/"))}
	for part := range strings.SplitSeq(query, "&") {
		words = append(words, wordsOf(decoded(part))...)
	}
	for _, h := range s.Headers {
		if name := strings.ToLower(h[0]); name == "accept" || name == "content-type" {
			for kind := range strings.SplitSeq(h[1], ",") {
				kind, _, _ = strings.Cut(kind, ";")
				if kind = strings.TrimSpace(kind); !slices.Contains(ownMedia, kind) {
					words = append(words, kind)
				}
			}
		}
	}
	return words
}

// ownMedia are media types that need no domain of their name.
var ownMedia = []string{"*/*", "application/json", "text/csv", "application/vnd.pgrst.object", "application/vnd.pgrst.object+json"}

var (
	word     = regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_]*`)
	cast     = regexp.MustCompile(`::\s*\w+`)
	compared = regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_.]*\.`)
)

// wordsOf are the names in a parameter; not the values that something is compared
// with.
func wordsOf(parameter string) []string {
	key, value, _ := strings.Cut(parameter, "=")
	switch key {
	case "select", "order", "columns", "on_conflict":
		return word.FindAllString(cast.ReplaceAllString(value, ""), -1)
	case "or", "and", "not.or", "not.and":
		return word.FindAllString(strings.Join(compared.FindAllString(value, -1), " "), -1)
	}
	return word.FindAllString(key, -1)
}

func decoded(text string) string {
	if out, err := url.QueryUnescape(text); err == nil {
		return out
	}
	return text
}

// schemaOf is the schema that a request of a case is about.
func (c *spec) schemaOf(s *step) string {
	header := "content-profile"
	if s.Method == "GET" || s.Method == "HEAD" {
		header = "accept-profile"
	}
	for _, h := range s.Headers {
		if strings.ToLower(h[0]) == header {
			return h[1]
		}
	}
	if schemas := stringsOf(c.Config["configDbSchemas"]); len(schemas) > 0 {
		return schemas[0]
	}
	return "test"
}

func TestMissing(t *testing.T) {
	m := missingAfter([]refusal{
		{text: `CREATE VIEW v AS SELECT 1`, path: "test"}, {text: `create or replace function test."F x"(a int) returns int`, path: "public"},
		{text: `CREATE TRIGGER t INSTEAD OF INSERT ON w FOR EACH ROW EXECUTE FUNCTION f()`, path: "test"},
		{text: `INSERT INTO private.articles VALUES (1)`, path: "test"}, {text: `CREATE DOMAIN "text/plain" AS text`, path: "test"},
		{text: `GRANT SELECT ON other TO someone`, path: "test"},
	})
	tests := []struct {
		path   string
		header [2]string
		want   string
	}{
		{"/other?select=id&v=is.w", [2]string{}, "test.v"},
		{"/other?a=eq.v&select=id::v", [2]string{}, ""},
		{"/w", [2]string{}, ""},
		{"/v?select=id", [2]string{}, "test.v"},
		{"/rpc/F%20x", [2]string{}, "test.F x"},
		{"/other?select=id,v(*)", [2]string{}, "test.v"},
		{"/articles", [2]string{}, ""},
		{"/articles", [2]string{"Accept-Profile", "private"}, "private.articles"},
		{"/other", [2]string{"Accept", "text/plain;q=1"}, "test.text/plain"},
		{"/other?select=vw,aw(id)", [2]string{}, ""},
	}
	for _, x := range tests {
		c := spec{Steps: []step{{Method: "GET", Path: []byte(`"` + x.path + `"`), Headers: [][2]string{x.header}}}}
		if got := m.of(&c); got != x.want {
			t.Errorf("%s %v: %q, want %q", x.path, x.header, got, x.want)
		}
	}
	if c := (spec{Steps: []step{{Method: "POST", Path: []byte(`"/w"`)}}}); m.of(&c) != "test.w" {
		t.Error("a request that writes does not see the trigger")
	}
}
