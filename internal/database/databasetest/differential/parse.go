package differential

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
)

// File is a file of cases.
type File struct {
	Path  string
	Name  string // without folder and extension
	Cases []*Case
}

// Case is one block of a file.
type Case struct {
	Line    int
	SQL     string
	Session database.Session
	Args    []database.Arg
	Types   []string
	Tx      string // "", "commit" or "rollback"
	Load    string // the data set that the block loads; it then is a setup

	Setup, ReadOnly, Ordered, Shape, Compared, MessagesDiffer, Refused bool
}

// Load reads the files that match a pattern.
func Load(pattern string) ([]*File, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no file matches %s", pattern)
	}
	var files []*File
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f := &File{Path: path, Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))}
		if f.Cases, err = Parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, f)
	}
	return files, nil
}

// Parse reads the blocks of a file. One that holds only comments is skipped.
func Parse(text string) ([]*Case, error) {
	var cases []*Case
	line := 1
	for block := range strings.SplitSeq(text, "\n\n") {
		c, err := parseBlock(block)
		if err != nil {
			return nil, fmt.Errorf("block at line %d: %w", line, err)
		}
		if c.SQL != "" || c.Load != "" {
			c.Line = line
			cases = append(cases, c)
		}
		line += strings.Count(block, "\n") + 2
	}
	return cases, nil
}

func parseBlock(block string) (*Case, error) {
	c := &Case{}
	lines := strings.Split(strings.Trim(block, "\n"), "\n")
	for len(lines) > 0 && strings.HasPrefix(lines[0], "--") {
		if err := c.directive(strings.TrimSpace(strings.TrimPrefix(lines[0], "--"))); err != nil {
			return nil, err
		}
		lines = lines[1:]
	}
	c.SQL = strings.TrimSpace(strings.Join(lines, "\n"))
	return c, nil
}

// directive reads one comment line. A comment that is no directive starts with #.
func (c *Case) directive(text string) error {
	name, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(name) {
	case "setup":
		c.Setup = true
	case "load":
		c.Setup, c.Load = true, value
	case "readonly":
		c.ReadOnly = true
	case "ordered":
		c.Ordered = true
	case "shape":
		c.Shape = true
	case "compared":
		c.Compared = true
	case "messages":
		c.MessagesDiffer = value == "differ"
	case "refused":
		c.Refused = true
	case "role":
		c.Session.Role = value
	case "claims":
		c.Session.Claims = value
	case "search_path":
		for part := range strings.SplitSeq(value, ",") {
			c.Session.SearchPath = append(c.Session.SearchPath, strings.TrimSpace(part))
		}
	case "types":
		return json.Unmarshal([]byte(value), &c.Types)
	case "args":
		return c.arguments(value)
	case "tx":
		if value != "commit" && value != "rollback" {
			return fmt.Errorf("tx: %q is neither commit nor rollback", value)
		}
		c.Tx = value
	default:
		if !strings.HasPrefix(text, "#") {
			return fmt.Errorf("unknown directive %q (a comment starts with #)", text)
		}
	}
	return nil
}

func (c *Case) arguments(text string) error {
	var values []json.RawMessage
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return fmt.Errorf("args: %w", err)
	}
	for _, v := range values {
		var s string
		switch {
		case string(v) == "null":
			c.Args = append(c.Args, database.Null)
		case json.Unmarshal(v, &s) == nil:
			c.Args = append(c.Args, database.Text(s))
		default:
			c.Args = append(c.Args, database.Text(string(v)))
		}
	}
	return nil
}

// Mark rewrites a file so that exactly the given cases are marked as refused.
func (f *File) Mark(refused map[*Case]bool) error {
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	for _, c := range slices.Backward(f.Cases) {
		first := c.Line - 1
		for strings.TrimSpace(lines[first]) == "" {
			first++
		}
		switch {
		case refused[c] && !c.Refused:
			lines = slices.Insert(lines, first, "-- refused")
		case !refused[c] && c.Refused:
			at := first + slices.Index(lines[first:], "-- refused")
			lines = slices.Delete(lines, at, at+1)
		}
	}
	return os.WriteFile(f.Path, []byte(strings.Join(lines, "\n")), 0o644)
}
