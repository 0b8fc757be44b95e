package grammar

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Media is a media type that a response can have.
type Media struct {
	CSV      bool
	Singular bool // one object instead of an array
	Stripped bool // without keys whose value is null
	Array    bool // application/vnd.pgrst.array+json, asked for by this name
	Plan     *Plan
	// Raw is the media type of the one value of a function that is sent as it is, ""
	// otherwise.
	Raw string
}

// Plan asks for the plan of the statement that would give a response of the media
// type it belongs to, instead of the response.
type Plan struct {
	JSON    bool     // as JSON, otherwise as text
	Options []string // of EXPLAIN
}

// ContentType is the value of the Content-Type header of a plan for a media type.
func (p *Plan) ContentType(m Media) string {
	m.Plan = nil
	of, _, _ := strings.Cut(m.ContentType(), "; charset")
	out := `application/vnd.pgrst.plan+text; for="` + of + `"`
	if p.JSON {
		out = `application/vnd.pgrst.plan+json; for="` + of + `"`
	}
	if len(p.Options) > 0 {
		out += "; options=" + strings.Join(p.Options, "|")
	}
	return out + "; charset=utf-8"
}

// plan reads the parameters of a plan: the media type it is for, and options.
func (a accepted) plan(produced string) (Media, bool) {
	p := &Plan{JSON: a.name == "application/vnd.pgrst.plan+json"}
	var m Media
	for _, parameter := range a.list {
		name, value, _ := strings.Cut(parameter, "=")
		switch name {
		case "for":
			of := acceptList(strings.Trim(value, `"`))
			found, ok := of[0].media(produced)
			if !ok || found.Plan != nil {
				return m, false
			}
			m = found
		case "options":
			for option := range strings.SplitSeq(value, "|") {
				if slices.Contains([]string{"analyze", "verbose", "settings", "buffers", "wal"}, option) && !slices.Contains(p.Options, option) {
					p.Options = append(p.Options, option)
				}
			}
		}
	}
	m.Plan = p
	return m, true
}

// ContentType is the value of the Content-Type header.
func (m Media) ContentType() string {
	switch {
	case m.Raw != "":
		return m.rawType()
	case m.CSV:
		return "text/csv; charset=utf-8"
	case m.Singular && m.Stripped:
		return "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"
	case m.Singular:
		return "application/vnd.pgrst.object+json; charset=utf-8"
	case m.Stripped:
		return "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
	}
	return "application/json; charset=utf-8"
}

type accepted struct {
	name    string
	list    []string // of parameters
	quality float64
}

// ParseAccept chooses the media type for the value of an Accept header, by
// quality and then by order; "" is anything. None at all is PGRST107 (406).
func ParseAccept(header string) (Media, error) { return Negotiate(header, "") }

// Negotiate is ParseAccept for a function whose value is of a media type itself:
// produced, where */* means any and "" none.
func Negotiate(header, produced string) (Media, error) {
	if header == "" {
		header = anyType
	}
	if produced != anyType && (header == anyType || header == "application/json" && produced != header) {
		return Media{}, nil
	}
	all := acceptList(header)
	for _, a := range all {
		if m, ok := a.media(produced); ok {
			return m, nil
		}
	}
	var names []string
	for _, a := range all {
		names = append(names, a.name)
	}
	return Media{}, fault.New("PGRST107", "None of these media types are available: %s", strings.Join(names, ", ")).WithStatus(406)
}

func acceptList(header string) []accepted {
	var all []accepted
	for item := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		a := accepted{name: strings.ToLower(strings.TrimSpace(name)), quality: 1}
		for p := range strings.SplitSeq(parameters, ";") {
			p = strings.TrimSpace(p)
			if q, ok := strings.CutPrefix(p, "q="); ok {
				a.quality, _ = strconv.ParseFloat(q, 64)
			} else {
				a.list = append(a.list, p)
			}
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b accepted) int {
		switch {
		case a.quality > b.quality:
			return -1
		case a.quality < b.quality:
			return 1
		}
		return 0
	})
	return all
}

// anyType is the media type that stands for all of them.
const anyType = "*/*"

// rawType is the Content-Type of a value that is sent as it is. Text is UTF-8; what
// a function of any media type makes says so itself, or nothing is known of it.
func (m Media) rawType() string {
	switch m.Raw {
	case anyType:
		return "application/octet-stream"
	case "text/plain", "text/xml", "text/csv", "application/json", "application/geo+json", "application/openapi+json":
		return m.Raw + "; charset=utf-8"
	}
	return m.Raw
}

func (a accepted) media(produced string) (Media, bool) {
	vendor := strings.HasPrefix(a.name, "application/vnd.pgrst.")
	if produced != "" && !vendor && (produced == anyType || produced == a.name) {
		return Media{Raw: produced}, true
	}
	stripped := slices.Contains(a.list, "nulls=stripped")
	switch a.name {
	case "application/json", "*/*", "application/*":
		return Media{}, true
	case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
		return Media{Singular: true, Stripped: stripped}, true
	case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
		return Media{Array: true, Stripped: stripped}, true
	case "text/csv", "text/*":
		return Media{CSV: true}, true
	case "application/vnd.pgrst.plan", "application/vnd.pgrst.plan+text", "application/vnd.pgrst.plan+json":
		return a.plan(produced)
	}
	return Media{}, false
}
