package regex

import (
	"encoding/binary"
	"slices"
)

// context is what constraints see on one side of a place.
type context uint8

const (
	other context = iota
	word
	line // the end of a line
	edge // the beginning or the end of the text
	contexts
)

// maxCached bounds the states of one automaton that are kept; then they are made
// anew.
const maxCached = 256

// cached is a program as a deterministic automaton, made as far as texts need it.
// It serves one search at a time. Programs with looks around have none.
type cached struct {
	program *program
	words   table
	states  map[string]*dstate
	scratch *states
}

// dstate is a set of states of the program, as they stand before constraints are
// looked at, and what stood before.
type dstate struct {
	seeds  []int32
	before context
	closed [contexts]closure // by what comes next
	next   [128]*dstate      // by ASCII characters
}

// closure is where a set of states leads without a character.
type closure struct {
	known   bool
	matched bool
	list    []int32 // those that take a character
}

func newCached(p *program) *cached {
	words, _ := known.table("word")
	return &cached{program: p, words: words, states: map[string]*dstate{}, scratch: &states{mark: make([]uint32, len(p.code))}}
}

// context is what the constraints of the program see of a character.
func (c *cached) context(r rune) context {
	switch {
	case c.program.lines && r == '\n':
		return line
	case c.program.bounds && (r < 128 && asciiWord(r) || r >= 128 && c.words.has(r)):
		return word
	}
	return other
}

func asciiWord(r rune) bool { return asciiLetter(r) || decimal(r) || r == '_' }

// state returns the state of a set.
func (c *cached) state(seeds []int32, before context) *dstate {
	slices.Sort(seeds)
	key := []byte{byte(before)}
	for _, i := range seeds {
		key = binary.LittleEndian.AppendUint32(key, uint32(i))
	}
	if d := c.states[string(key)]; d != nil {
		return d
	}
	if len(c.states) >= maxCached {
		clear(c.states)
	}
	d := &dstate{seeds: slices.Clone(seeds), before: before}
	c.states[string(key)] = d
	return d
}

// follow returns where a state leads before a character of a context.
func (c *cached) follow(s *searcher, d *dstate, next context) *closure {
	k := &d.closed[next]
	if k.known {
		return k
	}
	st := c.scratch
	st.next = append(st.next[:0], d.seeds...)
	st.list = st.list[:0]
	st.now++
	for len(st.next) > 0 {
		i := st.next[len(st.next)-1]
		st.next = st.next[:len(st.next)-1]
		if st.mark[i] == st.now {
			continue
		}
		st.mark[i] = st.now
		s.work++
		switch ins := &c.program.code[i]; ins.op {
		case insSet:
			st.list = append(st.list, i)
		case insSplit:
			st.next = append(st.next, ins.y, ins.x)
		case insJump:
			st.next = append(st.next, ins.x)
		case insMatch:
			k.matched = true
		case insAssert:
			if ins.assert.between(d.before, next) {
				st.next = append(st.next, ins.x)
			}
		}
	}
	k.known, k.list = true, slices.Clone(st.list)
	return k
}

// between tells whether a constraint holds between two contexts.
func (a assertion) between(before, after context) bool {
	switch a {
	case atStart:
		return before == edge
	case atEnd:
		return after == edge
	case atLineStart:
		return before == edge || before == line
	case atLineEnd:
		return after == edge || after == line
	case atWordStart:
		return before != word && after == word
	case atWordEnd:
		return before == word && after != word
	case atBoundary:
		return (before == word) != (after == word)
	}
	return (before == word) == (after == word)
}

// step returns the state behind a character.
func (c *cached) step(s *searcher, d *dstate, k *closure, r rune, after context) *dstate {
	if r < 128 && d.next[r] != nil {
		return d.next[r]
	}
	seeds := c.scratch.next[:0]
	for _, i := range k.list {
		if ins := &c.program.code[i]; ins.set.has(r) {
			seeds = append(seeds, ins.x)
		}
	}
	s.work += len(k.list)
	next := c.state(seeds, after)
	c.scratch.next = seeds[:0]
	if r < 128 {
		d.next[r] = next
	}
	return next
}

// run is searcher.run with the deterministic automaton.
func (c *cached) run(s *searcher, begin, most int, report func(int) bool) {
	before := edge
	if begin > 0 {
		before = c.context(s.text[begin-1])
	}
	d := c.state([]int32{0}, before)
	for at := begin; ; at++ {
		if s.work++; s.exhausted() {
			return
		}
		next := edge
		if at < len(s.text) {
			next = c.context(s.text[at])
		}
		k := c.follow(s, d, next)
		if k.matched && !report(at) || at >= most || len(k.list) == 0 {
			return
		}
		d = c.step(s, d, k, s.text[at], next)
	}
}

// cached returns the automaton of a program for this search.
func (s *searcher) cached(p *program) *cached {
	if c := s.taken[p]; c != nil {
		return c
	}
	c, _ := p.pool.Get().(*cached)
	if c == nil {
		c = newCached(p)
	}
	if s.taken == nil {
		s.taken = map[*program]*cached{}
	}
	s.taken[p] = c
	return c
}

// release hands the automata back for the next search.
func (s *searcher) release() {
	for p, c := range s.taken {
		p.pool.Put(c)
	}
}
