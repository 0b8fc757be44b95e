package regex

import "unicode"

func toLower(r rune) rune { return unicode.ToLower(r) }
func toUpper(r rune) rune { return unicode.ToUpper(r) }

// infinite is the count of * and +; maxCount bounds those that are written.
const (
	infinite = 256
	maxCount = 255
	maxDepth = 200
)

// parser makes the tree of parts. It divides an expression exactly as PostgreSQL
// does, since what a part prefers decides what it takes.
type parser struct {
	lexer
	groups []*node // by number; nil while open
	depth  int
}

func (p *parser) expression() (*node, error) {
	if p.flags.Literal && (p.flags.Expanded || p.flags.LineStop || p.flags.LineEnds) {
		return nil, invalid(badArgument)
	}
	p.prefixes()
	p.next()
	root := p.alternatives(tEnd, false)
	return root, p.err
}

// alternatives reads branches up to the stopper, which stays. Within a look around
// nothing captures.
func (p *parser) alternatives(stopper kind, look bool) *node {
	if p.depth++; p.depth > maxDepth {
		p.fail(refused{"nested so deeply"})
	}
	defer func() { p.depth-- }()
	all := &node{op: nodeAlt, flags: longer}
	for {
		b := p.branch(stopper, look)
		all.children = append(all.children, b)
		all.flags |= up(all.flags | b.flags)
		if p.tok.kind != '|' {
			break
		}
		p.next()
	}
	if p.tok.kind != stopper {
		p.fail(invalid(badParens))
	}
	if len(all.children) == 1 {
		return all.children[0]
	}
	if !messy(all.flags) {
		all.expr = all.language()
		all.op, all.children = nodePlain, nil
	}
	return all
}

// branch reads pieces one after the other.
func (p *parser) branch(stopper kind, look bool) *node {
	top := &node{op: nodePlain, expr: &expr{op: opCat}}
	for p.err == nil && !p.branchEnds(stopper) {
		top = p.piece(top, stopper, look)
	}
	return top
}

func (p *parser) branchEnds(stopper kind) bool {
	return p.tok.kind == '|' || p.tok.kind == stopper || p.tok.kind == tEnd
}

// piece reads an atom with its quantifier onto what top holds so far; it may read
// the rest of the branch too.
func (p *parser) piece(top *node, stopper kind, look bool) *node {
	if e := p.constraint(); e != nil {
		top.expr.subs = append(top.expr.subs, e)
		return top
	}
	at := atom{}
	switch t := p.tok; t.kind {
	case '*', '+', '?', '{':
		p.fail(invalid(badQuantity))
	case ')':
		p.fail(invalid(badParens))
	case '(':
		at = p.group(t.value == 1 && !look, look)
	case tReference:
		at = p.reference(look)
	default:
		at.expr = &expr{op: opSet, set: p.characters()}
	}
	q := p.quantifier()
	if p.err != nil || q.min == 0 && q.max == 0 {
		return top
	}
	flags := top.flags | q.prefers
	if at.node != nil {
		flags |= at.node.flags
	}
	if !at.parenthesized && !messy(up(flags)) {
		top.expr.subs = append(top.expr.subs, repeated(at.expr, q))
		top.flags = flags
		return top
	}
	return p.divide(top, at, q, stopper, look)
}

// atom is what a quantifier belongs to.
type atom struct {
	expr          *expr // of plain characters
	node          *node // of a group or a back reference
	parenthesized bool  // a group or a back reference
	reference     bool  // a back reference
}

// quantity is a quantifier, and whether it prefers the longer or the shorter
// (longer, shorter, or 0 where it leaves that to the atom).
type quantity struct {
	min, max int
	prefers  flags
}

func repeated(e *expr, q quantity) *expr {
	if q.min == 1 && q.max == 1 {
		return e
	}
	return &expr{op: opRepeat, subs: []*expr{e}, min: q.min, max: q.max}
}

// characters reads an atom that is one character of some kind.
func (p *parser) characters() *set {
	s := &set{}
	switch t := p.tok; t.kind {
	case '.':
		s.negated, s.noLine = true, p.flags.LineStop
	case tSet, tOthers:
		p.addClass(s, bracketItem{kind: t.kind, class: t.class})
	case '[':
		return p.brackets(t.value == 1)
	default:
		p.addFolded(s, t.value)
	}
	p.next()
	return s
}

func (p *parser) group(captures, look bool) atom {
	number := 0
	if captures {
		p.open++
		number = p.open
		p.groups = append(p.groups, nil)
	}
	p.next()
	n := p.alternatives(')', look)
	p.next()
	if captures && p.err == nil {
		if n.group != 0 {
			n = &node{op: nodeCapture, flags: n.flags, children: []*node{n}}
		}
		n.flags |= captureFlag
		n.group = number
		p.groups[number] = n
	}
	return atom{node: n, parenthesized: true}
}

func (p *parser) reference(look bool) atom {
	number := int(p.tok.value)
	if look || number >= len(p.groups) || p.groups[number] == nil {
		p.fail(invalid(badReference))
		return atom{}
	}
	n := &node{op: nodeReference, flags: referenceFlag, refers: number, min: 1, max: 1,
		expr: unconstrained(p.groups[number].language())}
	p.next()
	return atom{node: n, parenthesized: true, reference: true}
}

// quantifier reads what may follow an atom.
func (p *parser) quantifier() quantity {
	prefers := shorter
	if p.tok.value == 1 {
		prefers = longer
	}
	q := quantity{1, 1, 0}
	switch p.tok.kind {
	case '*':
		q = quantity{0, infinite, prefers}
	case '+':
		q = quantity{1, infinite, prefers}
	case '?':
		q = quantity{0, 1, prefers}
	case '{':
		return p.counts()
	default:
		return q
	}
	p.next()
	return q
}

// counts reads {m}, {m,} or {m,n}; the first passes on what the atom prefers.
func (p *parser) counts() quantity {
	p.next()
	q := quantity{min: p.count()}
	q.max = q.min
	if p.tok.kind == ',' {
		p.next()
		q.max = infinite
		if decimal(rune(p.tok.kind)) {
			q.max = p.count()
		}
		if q.min > q.max {
			p.fail(invalid(badCount))
		}
		if q.prefers = shorter; p.tok.value == 1 {
			q.prefers = longer
		}
	}
	if p.tok.kind != '}' {
		p.fail(invalid(badCount))
	}
	p.next()
	return q
}

func (p *parser) count() int {
	n := 0
	for decimal(rune(p.tok.kind)) && n < maxCount {
		n = n*10 + int(p.tok.value-'0')
		p.next()
	}
	if decimal(rune(p.tok.kind)) || n > maxCount {
		p.fail(invalid(badCount))
	}
	return n
}

// constraint reads what matches between characters, nil when it is none.
func (p *parser) constraint() *expr {
	e := &expr{op: opAssert}
	switch p.tok.kind {
	case '^':
		e.assert = atStart
		if p.flags.LineEnds {
			e.assert = atLineStart
		}
	case '$':
		e.assert = atEnd
		if p.flags.LineEnds {
			e.assert = atLineEnd
		}
	case tStart:
		e.assert = atStart
	case tFinish:
		e.assert = atEnd
	case tWordStart:
		e.assert = atWordStart
	case tWordEnd:
		e.assert = atWordEnd
	case tBoundary:
		e.assert = atBoundary
	case tInside:
		e.assert = notAtBoundary
	case tLook:
		return p.look()
	default:
		return nil
	}
	p.next()
	return e
}

func (p *parser) look() *expr {
	e := &expr{op: opLook, look: p.tok.value}
	p.next()
	e.subs = []*expr{p.alternatives(')', true).language()}
	p.next()
	return e
}
