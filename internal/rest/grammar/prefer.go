package grammar

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Prefer holds the preferences of a request (RFC 7240; PostgREST documentation,
// "Preferences"), each "" when it was not given.
type Prefer struct {
	Resolution string // merge-duplicates, ignore-duplicates
	Missing    string // default, null
	Return     string // representation, minimal, headers-only
	Count      string // exact, planned, estimated, none
	Tx         string // commit, rollback
	Handling   string // strict, lenient
	Timezone   string
	Patch      string // merge: PATCH is a merge patch (RFC 7396), whatever its media type
	// MaxAffected is -1 when it was not given.
	MaxAffected int64

	Invalid []string // what is no preference, in order
}

// ParsePrefer reads the Prefer headers of a request. Of several values for one
// preference the first counts. With handling=strict an unknown one is an error
// (PGRST122).
func ParsePrefer(headers []string) (Prefer, error) {
	p := Prefer{MaxAffected: -1}
	for _, h := range headers {
		for item := range strings.SplitSeq(h, ",") {
			p.add(strings.TrimSpace(item))
		}
	}
	if p.Handling == "strict" && len(p.Invalid) > 0 {
		return p, fault.New("PGRST122", "Invalid preferences given with handling=strict").
			WithDetail("Invalid preferences: %s", strings.Join(p.Invalid, ", "))
	}
	return p, nil
}

func (p *Prefer) add(item string) {
	name, value, _ := strings.Cut(item, "=")
	slot, ok := p.slot(name, value)
	switch {
	case item == "":
	case name == "max-affected":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 && p.MaxAffected < 0 {
			p.MaxAffected = n
		}
	case !ok:
		p.Invalid = append(p.Invalid, item)
	case *slot == "":
		*slot = value
	}
}

// slot returns where a preference is kept, and false when the value is none of
// those it has.
func (p *Prefer) slot(name, value string) (*string, bool) {
	switch name {
	case "resolution":
		return &p.Resolution, value == "merge-duplicates" || value == "ignore-duplicates"
	case "missing":
		return &p.Missing, value == "default" || value == "null"
	case "return":
		return &p.Return, value == "representation" || value == "minimal" || value == "headers-only"
	case "count":
		return &p.Count, value == "exact" || value == "planned" || value == "estimated" || value == "none"
	case "tx":
		return &p.Tx, value == "commit" || value == "rollback"
	case "handling":
		return &p.Handling, value == "strict" || value == "lenient"
	case "patch":
		return &p.Patch, value == "merge"
	case "timezone":
		return &p.Timezone, value != ""
	}
	return nil, false
}
