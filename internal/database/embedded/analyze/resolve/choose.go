package resolve

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// candidate is an operator or function that might be meant.
type candidate struct {
	args  []types.OID
	entry any
}

// choose picks the candidate that fits the argument types best (PostgreSQL
// documentation, sections 10.2 step 3 and 10.3 step 4). It returns nil when
// none fits, or when several fit equally well.
func (rs *Resolver) choose(inputs []types.OID, list []candidate) (best any, ambiguous bool) {
	list = keep(list, func(c candidate) bool { return rs.fits(inputs, c.args) })
	if len(list) > 1 {
		list = mostMatches(list, func(c candidate) int { return exactMatches(inputs, c.args) })
	}
	if len(list) > 1 {
		list = mostMatches(list, func(c candidate) int { return rs.preferredMatches(inputs, c.args) })
	}
	if len(list) > 1 {
		list = rs.guessUnknowns(inputs, list)
	}
	if len(list) > 1 {
		list = rs.assumeSame(inputs, list)
	}
	switch len(list) {
	case 0:
		return nil, false
	case 1:
		return list[0].entry, false
	}
	return nil, true
}

func keep(list []candidate, test func(candidate) bool) []candidate {
	var out []candidate
	for _, c := range list {
		if test(c) {
			out = append(out, c)
		}
	}
	return out
}

func mostMatches(list []candidate, count func(candidate) int) []candidate {
	best := 0
	for _, c := range list {
		best = max(best, count(c))
	}
	return keep(list, func(c candidate) bool { return count(c) == best })
}

func (rs *Resolver) fits(inputs, args []types.OID) bool {
	for i, in := range inputs {
		if !rs.CanCoerce(in, args[i], implicit) {
			return false
		}
	}
	if !slices.ContainsFunc(args, polymorphic) {
		return true
	}
	_, ok := rs.solve(inputs, args)
	return ok
}

func exactMatches(inputs, args []types.OID) int {
	n := 0
	for i, in := range inputs {
		if in != types.Unknown && args[i] == in {
			n++
		}
	}
	return n
}

// preferredMatches counts exact matches and preferred types of the input's own
// category.
func (rs *Resolver) preferredMatches(inputs, args []types.OID) int {
	n := 0
	for i, in := range inputs {
		if in == types.Unknown {
			continue
		}
		if args[i] == in || rs.preferred(args[i]) && rs.category(args[i]) == rs.category(in) {
			n++
		}
	}
	return n
}

func (rs *Resolver) category(oid types.OID) byte {
	if t := rs.types.Type(oid); t != nil {
		return t.Category
	}
	if polymorphic(oid) {
		return 'P'
	}
	return 'X'
}

func (rs *Resolver) preferred(oid types.OID) bool {
	t := rs.types.Type(oid)
	return t != nil && t.Preferred
}

// guessUnknowns gives each unknown argument a category: string if any candidate
// takes one there, else the one all candidates agree on. Candidates of another
// category go, and those without the category's preferred type if some have it.
func (rs *Resolver) guessUnknowns(inputs []types.OID, list []candidate) []candidate {
	categories := make([]byte, len(inputs))
	wantPreferred := make([]bool, len(inputs))
	unknown := false
	for i, in := range inputs {
		if in != types.Unknown {
			continue
		}
		unknown = true
		if categories[i], wantPreferred[i] = rs.guess(list, i); categories[i] == 0 {
			return list
		}
	}
	if !unknown {
		return list
	}
	kept := keep(list, func(c candidate) bool {
		for i, want := range categories {
			if want == 0 {
				continue
			}
			if rs.category(c.args[i]) != want || wantPreferred[i] && !rs.preferred(c.args[i]) {
				return false
			}
		}
		return true
	})
	if len(kept) == 0 {
		return list
	}
	return kept
}

// guess returns the category for argument i, 0 when the candidates disagree.
func (rs *Resolver) guess(list []candidate, i int) (category byte, preferred bool) {
	for _, c := range list {
		got := rs.category(c.args[i])
		switch {
		case category == 0:
			category, preferred = got, rs.preferred(c.args[i])
		case got == category:
			preferred = preferred || rs.preferred(c.args[i])
		case got == 'S':
			category, preferred = got, rs.preferred(c.args[i])
		case category != 'S':
			category = '?'
		}
	}
	if category == '?' {
		return 0, false
	}
	return category, preferred
}

// assumeSame takes unknown arguments to have the one type of all known ones.
func (rs *Resolver) assumeSame(inputs []types.OID, list []candidate) []candidate {
	known := types.Unknown
	unknowns := 0
	for _, in := range inputs {
		switch {
		case in == types.Unknown:
			unknowns++
		case known == types.Unknown:
			known = in
		case known != in:
			return list
		}
	}
	if unknowns == 0 || known == types.Unknown {
		return list
	}
	all := slices.Repeat([]types.OID{known}, len(inputs))
	kept := keep(list, func(c candidate) bool { return rs.fits(all, c.args) })
	if len(kept) != 1 {
		return list
	}
	return kept
}
