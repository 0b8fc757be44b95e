package regex

// flags tell what a part prefers and what it holds. Their names and combinations
// are those of the algorithm that PostgreSQL documents in its src/backend/regex
// README.
type flags uint8

const (
	longer        flags = 1 << iota // prefers the longer match
	shorter                         // prefers the shorter match
	mixed                           // holds parts that prefer different ones
	captureFlag                     // holds a capturing group
	referenceFlag                   // holds a back reference
)

const local = longer | shorter

// messy tells that the boundaries of inner parts matter.
func messy(f flags) bool { return f&(mixed|captureFlag|referenceFlag) != 0 }

// up is what flags mean one level up: a clash of preferences is mixed.
func up(f flags) flags {
	out := f &^ local
	if f&local == local {
		out |= mixed
	}
	return out
}

// combine gives the flags of two parts one after the other: the first that prefers
// something decides.
func combine(a, b flags) flags {
	prefers := a & local
	if prefers == 0 {
		prefers = b & local
	}
	return up(a|b) | prefers
}

type nodeOp uint8

const (
	nodePlain     nodeOp = iota // an automaton suffices
	nodeCat                     // two parts
	nodeAlt                     // alternatives
	nodeRepeat                  // a part several times
	nodeCapture                 // a group around a group
	nodeReference               // a back reference, several times
)

// node is a part of an expression whose boundaries matter.
type node struct {
	op       nodeOp
	flags    flags
	group    int // the capturing group it is, 0 for none
	refers   int // the group that a back reference means
	min, max int
	children []*node
	expr     *expr // of nodePlain and of one repetition of nodeReference
	program  *program
}

// language is the expression that the part's automaton accepts. That of a back
// reference is all that its group may take.
func (n *node) language() *expr {
	switch n.op {
	case nodePlain:
		return n.expr
	case nodeCapture:
		return n.children[0].language()
	case nodeReference:
		return repeated(n.expr, quantity{min: n.min, max: n.max})
	case nodeRepeat:
		return repeated(n.children[0].language(), quantity{min: n.min, max: n.max})
	}
	e := &expr{op: opCat}
	if n.op == nodeAlt {
		e.op = opAlt
	}
	for _, c := range n.children {
		e.subs = append(e.subs, c.language())
	}
	return e
}

// divide splits a branch into what stands before an atom, the atom, and the rest,
// which it reads.
func (p *parser) divide(top *node, at atom, q quantity, stopper kind, look bool) *node {
	inner := at.node
	if inner == nil {
		inner = &node{op: nodePlain, expr: at.expr}
	}
	own := combine(q.prefers, inner.flags)
	part := quantified(inner, q, at.reference)
	before := &node{op: nodePlain, flags: top.flags, expr: top.expr}
	top.op, top.expr = nodeCat, nil
	vacuous := len(before.expr.subs) == 0
	if p.err != nil || p.branchEnds(stopper) {
		top.flags |= combine(top.flags, part.flags)
		if vacuous {
			return part
		}
		top.children = []*node{before, part}
		return top
	}
	rest := p.branch(stopper, look)
	pair := &node{op: nodeCat, flags: own | combine(own, rest.flags), children: []*node{part, rest}}
	top.flags |= combine(top.flags, pair.flags)
	switch {
	case vacuous:
		top.children = pair.children
		return top
	case part.op == nodePlain && rest.op == nodePlain && !messy(up(part.flags|rest.flags)):
		pair = &node{op: nodePlain, flags: combine(part.flags, rest.flags), expr: pair.language()}
	}
	top.children = []*node{before, pair}
	return top
}

// quantified is an atom with its quantifier. A bare back reference counts by
// itself.
func quantified(n *node, q quantity, reference bool) *node {
	prefers := n.flags & (longer | shorter | mixed)
	own := combine(q.prefers, n.flags)
	switch {
	case reference:
		n.min, n.max = q.min, q.max
		n.flags |= own
		return n
	case q.min == 1 && q.max == 1 && (q.prefers == 0 || prefers == 0 || q.prefers == prefers):
		return n
	case n.flags&(captureFlag|referenceFlag) == 0:
		return &node{op: nodePlain, flags: own, expr: repeated(n.language(), q)}
	case q.min > 0 && n.flags&referenceFlag == 0:
		return lastOf(n, q)
	}
	return &node{op: nodeRepeat, flags: own, min: q.min, max: q.max, children: []*node{n}}
}

// lastOf makes x{m,n} into x{m-1,n-1}x: groups tell of the last repetition only.
func lastOf(n *node, q quantity) *node {
	most := q.max
	if most != infinite {
		most--
	}
	own := combine(q.prefers, n.flags)
	before := &node{op: nodePlain, flags: own & local,
		expr: repeated(n.language(), quantity{min: q.min - 1, max: most})}
	return &node{op: nodeCat, flags: own, children: []*node{before, n}}
}
