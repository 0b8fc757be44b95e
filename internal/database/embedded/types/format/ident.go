package format

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// identifiers gives parse_ident.
func identifiers() *types.Function {
	f := entry.Raises(1268, "parse_ident", array.TextArray, entry.Args(types.Text, types.Bool), parseIdent)
	f.Names = []string{"str", "strict"}
	f.Defaults, f.DefaultTexts = 1, []string{"true"}
	return f
}

const space = " \t\n\r\f"

// parseIdent divides a qualified name. What follows the name is an error if strict
// says so.
func parseIdent(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	p := identParser{all: args[0].Text(), strict: args[1].Int() != 0}
	p.rest = strings.TrimLeft(p.all, space)
	for {
		part, err := p.part(len(p.parts) > 0)
		if err != nil {
			return sqlite.Null, err
		}
		p.parts = append(p.parts, part)
		p.rest = strings.TrimLeft(p.rest, space)
		if rest, dot := strings.CutPrefix(p.rest, "."); dot {
			p.rest = strings.TrimLeft(rest, space)
			continue
		}
		if p.rest != "" && p.strict {
			return sqlite.Null, p.invalid("")
		}
		return array.Texts(p.parts...)
	}
}

type identParser struct {
	all, rest string
	strict    bool
	parts     []string
}

func (p *identParser) invalid(detail string) error {
	e := fault.New(fault.InvalidParameter, `string is not a valid identifier: "%s"`, p.all)
	if detail == "" {
		return e
	}
	return e.WithDetail("%s", detail)
}

// part reads one name.
func (p *identParser) part(afterDot bool) (string, error) {
	if strings.HasPrefix(p.rest, `"`) {
		return p.quoted()
	}
	end := 0
	for end < len(p.rest) && identByte(p.rest[end], end == 0) {
		end++
	}
	switch {
	case end > 0:
	case strings.HasPrefix(p.rest, "."):
		return "", p.invalid(`No valid identifier before ".".`)
	case afterDot:
		return "", p.invalid(`No valid identifier after ".".`)
	default:
		return "", p.invalid("")
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r | 0x20
		}
		return r
	}, p.rest[:end])
	p.rest = p.rest[end:]
	return name, nil
}

func identByte(c byte, first bool) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
	return letter || !first && (c >= '0' && c <= '9' || c == '$')
}

func (p *identParser) quoted() (string, error) {
	var b strings.Builder
	for rest := p.rest[1:]; ; {
		before, after, found := strings.Cut(rest, `"`)
		b.WriteString(before)
		if !found {
			return "", p.invalid("String has unclosed double quotes.")
		}
		if !strings.HasPrefix(after, `"`) {
			p.rest = after
			break
		}
		b.WriteByte('"')
		rest = after[1:]
	}
	if b.Len() == 0 {
		return "", p.invalid("Quoted identifier must not be empty.")
	}
	return b.String(), nil
}
