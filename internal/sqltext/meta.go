package sqltext

import "strings"

// Meta is a backslash command in a script. It is psql's own and never reaches
// a server.
type Meta struct {
	Text   string // from the backslash to the end of the line
	Offset int    // of Text in the script, in bytes
	Line   int    // 1-based
}

// Metas returns the backslash commands of a script: what stands from a
// backslash outside strings, identifiers and comments to the end of its line.
func Metas(script string) []Meta {
	s := scanner{text: script}
	var out []Meta
	for line, counted := 1, 0; s.at < len(s.text); {
		if s.text[s.at] != '\\' {
			s.token()
			continue
		}
		from := s.at
		if s.at += strings.IndexByte(s.text[from:], '\n'); s.at < from {
			s.at = len(s.text)
		}
		line += strings.Count(script[counted:from], "\n")
		counted = from
		out = append(out, Meta{Text: strings.TrimSpace(script[from:s.at]), Offset: from, Line: line})
	}
	return out
}

// Blank replaces a part of a script by spaces, so that the positions of the rest
// stay as they are. Line ends are kept.
func Blank(script string, offset, length int) string {
	blanks := strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, script[offset:offset+length])
	return script[:offset] + blanks + script[offset+length:]
}
