package redirect

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds one entry in bytes.
const maxPattern = 1 << 10

// pattern is one entry of the list. Regular expressions of Go take linear time,
// whatever they are held against.
type pattern struct {
	whole *regexp.Regexp
	// authority is the pattern's part between :// and the path, nil where there is
	// none. It keeps https://*.example.com/ from being found in the query of
	// https://evil?.example.com/.
	authority *regexp.Regexp
}

func (p pattern) match(text string) bool {
	if !p.whole.MatchString(text) {
		return false
	}
	if p.authority == nil {
		return true
	}
	_, rest, found := strings.Cut(text, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return found && p.authority.MatchString(rest)
}

// Quote returns the pattern that matches a text and nothing else.
func Quote(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`, ",", `\,`).Replace(text)
}

func compile(text string) (pattern, error) {
	if len(text) > maxPattern {
		return pattern{}, fmt.Errorf("it has %d bytes, at most %d", len(text), maxPattern)
	}
	whole, err := translate(text)
	if err != nil {
		return pattern{}, err
	}
	p := pattern{whole: whole}
	if host := authority(text); host != "" {
		// Its brackets are balanced where those of the whole are.
		p.authority, err = translate(host)
	}
	return p, err
}

// authority returns the part of a glob between a literal :// and the next /, ""
// where one of the two may be a part of something greater.
func authority(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || strings.ContainsAny(scheme, `{[\`) {
		return ""
	}
	depth, class := 0, false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '/' && depth == 0:
			return rest[:i]
		}
	}
	return ""
}

// translate makes a regular expression of a glob.
func translate(glob string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`\A(?s:`)
	depth := 0
	for rest := glob; rest != ""; {
		var err error
		if rest, err = translateOne(&b, rest, &depth); err != nil {
			return nil, err
		}
	}
	if depth > 0 {
		return nil, errors.New("a { is not closed")
	}
	b.WriteString(`)\z`)
	return regexp.Compile(b.String())
}

// translateOne writes the first element of a glob and returns what is left.
func translateOne(b *strings.Builder, glob string, depth *int) (string, error) {
	switch c := glob[0]; {
	case strings.HasPrefix(glob, "**"):
		b.WriteString(`.*`)
		return glob[2:], nil
	case c == '*':
		b.WriteString(`[^./]*`)
	case c == '?':
		b.WriteString(`[^./]`)
	case c == '[':
		return translateClass(b, glob[1:])
	case c == '{':
		*depth++
		b.WriteString(`(?:`)
	case c == '}' && *depth > 0:
		*depth--
		b.WriteString(`)`)
	case c == ',' && *depth > 0:
		b.WriteString(`|`)
	case c == '\\':
		if len(glob) < 2 {
			return "", errors.New(`it ends in a \`)
		}
		_, size := utf8.DecodeRuneInString(glob[1:])
		b.WriteString(regexp.QuoteMeta(glob[1 : 1+size]))
		return glob[1+size:], nil
	default:
		_, size := utf8.DecodeRuneInString(glob)
		b.WriteString(regexp.QuoteMeta(glob[:size]))
		return glob[size:], nil
	}
	return glob[1:], nil
}

// translateClass writes what follows a [ up to its ], and returns what is left.
func translateClass(b *strings.Builder, glob string) (string, error) {
	content, rest, found := strings.Cut(glob, "]")
	content, not := strings.CutPrefix(content, "!")
	if !found || content == "" {
		return "", errors.New("a [ is not closed, or nothing is in it")
	}
	b.WriteString(`[`)
	if not {
		b.WriteString(`^`)
	}
	runes := []rune(content)
	for i, r := range runes {
		if r == '-' && i > 0 && i < len(runes)-1 {
			b.WriteByte('-')
			continue
		}
		b.WriteString(`\x{` + fmt.Sprintf("%x", r) + `}`)
	}
	b.WriteString(`]`)
	return rest, nil
}
