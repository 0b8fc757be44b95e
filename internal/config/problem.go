package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/galleyhq/galley/internal/config/document"
	"github.com/galleyhq/galley/internal/spelling"
)

// Problem is one mistake in the configuration.
type Problem struct {
	File    string // "" when it stands in no file: then Key names the variable or flag
	Line    int    // 0 when unknown
	Key     string
	Message string
}

// problemIn is a problem with a key of a file.
func problemIn(doc document.Document, key, message string) Problem {
	return Problem{File: filepath.ToSlash(doc.Path), Line: doc.Line(key), Key: key, Message: message}
}

func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	var parts []string
	for _, part := range []string{where, p.Key, p.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Problems are all mistakes of a configuration.
type Problems []Problem

// Error implements error, one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return "the configuration is wrong:\n  " + strings.Join(lines, "\n  ")
}

// unknown is the message for a key that does not exist, with the one most like it.
func unknown(name string, known []string) string {
	best, distance := "", len(name)/2+1
	for _, k := range known {
		if d := spelling.Distance(name, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return "unknown key"
	}
	return "unknown key; did you mean " + best + "?"
}
