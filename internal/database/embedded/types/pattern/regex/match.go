package regex

// maxWork bounds the steps of one search; a step is a visit of a state.
const maxWork = 50_000_000

// searcher is one search in one text.
type searcher struct {
	re     *Regex
	text   []rune
	work   int
	groups [][2]int // what each group took; -1 for nothing
	words  table
	idle   []*states
	taken  map[*program]*cached
}

// Find returns the first match that begins at from or later: beginning and end of
// it and of each group, -1 for a group that took no part; nil when there is none.
// What stands before from counts for constraints. An error wraps ErrRefused.
func (re *Regex) Find(text []rune, from int) ([]int, error) {
	s := &searcher{re: re, text: text, groups: make([][2]int, re.groups+1)}
	s.words, _ = known.table("word")
	defer s.release()
	found := s.find(from)
	if s.exhausted() {
		return nil, refused{"that takes so long"}
	}
	return found, nil
}

// exhausted tells that the search did all the work it may. From then on nothing
// matches any more, so that it comes to its end.
func (s *searcher) exhausted() bool { return s.work > maxWork }

// Matches tells whether a text holds a match. An error wraps ErrRefused.
func (re *Regex) Matches(text []rune) (bool, error) {
	if re.root.flags&referenceFlag != 0 {
		m, err := re.Find(text, 0)
		return m != nil, err
	}
	s := &searcher{re: re, text: text}
	s.words, _ = known.table("word")
	defer s.release()
	found := s.shortest(re.search, 0, 0, len(text)) >= 0
	if s.exhausted() {
		return false, refused{"that takes so long"}
	}
	return found, nil
}

func (s *searcher) find(from int) []int {
	if from > len(s.text) {
		return nil
	}
	for last := from - 1; ; {
		end := s.shortest(s.re.search, from, last+1, len(s.text))
		if end < 0 {
			return nil
		}
		for begin := from; begin <= end; begin++ {
			if found := s.at(begin); found != nil {
				return found
			}
		}
		// Only back references lead here. As in PostgreSQL the search does not go on
		// to an empty match at the very end.
		if from, last = end+1, end; from >= len(s.text) {
			return nil
		}
	}
}

// at returns the match that begins at a place, of the lengths in the order that the
// whole expression prefers the first in which all parts agree.
func (s *searcher) at(begin int) []int {
	root := s.re.root
	short := root.flags&shorter != 0
	for least, most := begin, len(s.text); least <= most; {
		end := 0
		if short {
			end = s.shortest(root.program, begin, least, most)
		} else {
			end = s.longest(root.program, begin, most)
		}
		if end < 0 {
			return nil
		}
		for i := range s.groups {
			s.groups[i] = [2]int{-1, -1}
		}
		if s.dissect(root, begin, end) {
			s.groups[0] = [2]int{begin, end}
			return s.result()
		}
		least, most = end+1, end-1
		if short {
			most = len(s.text)
		} else {
			least = begin
		}
	}
	return nil
}

func (s *searcher) result() []int {
	out := make([]int, 0, 2*len(s.groups))
	for _, g := range s.groups {
		out = append(out, g[0], g[1])
	}
	return out
}

// states is a set of states, in the order they came in.
type states struct {
	list []int32
	mark []uint32 // the generation in which a state came in
	now  uint32
	next []int32
}

func (s *searcher) take(n int) *states {
	if k := len(s.idle); k > 0 {
		st := s.idle[k-1]
		s.idle = s.idle[:k-1]
		if len(st.mark) < n {
			st.mark, st.now = make([]uint32, n), 0
		}
		return st
	}
	return &states{mark: make([]uint32, n)}
}

func (s *searcher) give(st *states) { s.idle = append(s.idle, st) }

// longest returns the greatest end up to most of a match that begins at a place; -1
// for none.
func (s *searcher) longest(p *program, begin, most int) int {
	end := -1
	s.run(p, begin, most, func(at int) bool {
		end = at
		return true
	})
	return end
}

// shortest returns the least end between two places.
func (s *searcher) shortest(p *program, begin, least, most int) int {
	end := -1
	s.run(p, begin, most, func(at int) bool {
		if at < least {
			return true
		}
		end = at
		return false
	})
	return end
}

// accepts tells whether a program matches exactly what lies between two places.
func (s *searcher) accepts(p *program, begin, end int) bool {
	return s.longest(p, begin, end) == end
}

// run walks the text, and reports each end of a match until it hears false.
func (s *searcher) run(p *program, begin, most int, report func(int) bool) {
	if !p.looks {
		s.cached(p).run(s, begin, most, report)
		return
	}
	st := s.take(len(p.code))
	defer s.give(st)
	st.next = append(st.next[:0], 0)
	for at := begin; ; at++ {
		matched := s.close(p, st, at)
		if matched && !report(at) || at >= most || len(st.list) == 0 {
			return
		}
		r := s.text[at]
		for _, i := range st.list {
			if ins := &p.code[i]; ins.set.has(r) {
				st.next = append(st.next, ins.x)
			}
		}
	}
}

// close follows the arcs that take no character from st.next into st.list, which
// then holds the states that take one; it tells whether a match ends here.
func (s *searcher) close(p *program, st *states, at int) (matched bool) {
	st.list = st.list[:0]
	st.now++
	for len(st.next) > 0 {
		i := st.next[len(st.next)-1]
		st.next = st.next[:len(st.next)-1]
		if st.mark[i] == st.now {
			continue
		}
		st.mark[i] = st.now
		if s.work++; s.exhausted() {
			st.list = st.list[:0]
			return false
		}
		switch ins := &p.code[i]; ins.op {
		case insSet:
			st.list = append(st.list, i)
		case insSplit:
			st.next = append(st.next, ins.y, ins.x)
		case insJump:
			st.next = append(st.next, ins.x)
		case insMatch:
			matched = true
		case insAssert:
			if s.holds(ins.assert, at) {
				st.next = append(st.next, ins.x)
			}
		case insLook:
			if s.looks(ins.look, at) {
				st.next = append(st.next, ins.x)
			}
		}
	}
	return matched
}

func (s *searcher) looks(l *lookAround, at int) bool {
	switch l.kind {
	case lookAhead, lookNotAhead:
		found := s.shortest(l.program, at, at, len(s.text)) >= 0
		return found == (l.kind == lookAhead)
	}
	return s.accepts(l.program, 0, at) == (l.kind == lookBehind)
}

func (s *searcher) word(at int) bool { return at >= 0 && at < len(s.text) && s.words.has(s.text[at]) }

func (s *searcher) holds(a assertion, at int) bool {
	switch a {
	case atStart:
		return at == 0
	case atEnd:
		return at == len(s.text)
	case atLineStart:
		return at == 0 || s.text[at-1] == '\n'
	case atLineEnd:
		return at == len(s.text) || s.text[at] == '\n'
	case atWordStart:
		return !s.word(at-1) && s.word(at)
	case atWordEnd:
		return s.word(at-1) && !s.word(at)
	case atBoundary:
		return s.word(at-1) != s.word(at)
	}
	return s.word(at-1) == s.word(at)
}
