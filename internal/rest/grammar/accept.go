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
}

// ContentType is the value of the Content-Type header.
func (m Media) ContentType() string {
	switch {
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
	name, parameters string
	quality          float64
}

// ParseAccept chooses the media type for the value of an Accept header, by
// quality and then by order; "" is anything. None at all is PGRST107 (406).
func ParseAccept(header string) (Media, error) {
	if header == "" || header == "application/json" || header == "*/*" {
		return Media{}, nil
	}
	all := acceptList(header)
	for _, a := range all {
		if m, ok := a.media(); ok {
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
				a.parameters += p
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

func (a accepted) media() (Media, bool) {
	stripped := a.parameters == "nulls=stripped"
	switch a.name {
	case "application/json", "*/*", "application/*":
		return Media{}, true
	case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
		return Media{Singular: true, Stripped: stripped}, true
	case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
		return Media{Array: true, Stripped: stripped}, true
	case "text/csv", "text/*":
		return Media{CSV: true}, true
	}
	return Media{}, false
}
