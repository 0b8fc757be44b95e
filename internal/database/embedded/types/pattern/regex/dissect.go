package regex

import (
	"slices"
)

// dissect finds what the groups of a part take, which as a whole takes the text
// from begin to end; its automaton accepts that. Only a back reference can make it
// fail.
func (s *searcher) dissect(n *node, begin, end int) bool {
	ok := true
	switch n.op {
	case nodeReference:
		ok = s.reference(n, begin, end)
	case nodeCat:
		ok = s.cat(n, begin, end)
	case nodeAlt:
		ok = slices.ContainsFunc(n.children, func(c *node) bool {
			return s.accepts(c.program, begin, end) && s.dissect(c, begin, end)
		})
	case nodeRepeat:
		ok = s.repeat(n, begin, end)
	case nodeCapture:
		ok = s.dissect(n.children[0], begin, end)
	}
	if ok && n.group > 0 {
		s.groups[n.group] = [2]int{begin, end}
	}
	return ok
}

// forget makes the groups of a part take nothing.
func (s *searcher) forget(n *node) {
	if n.group > 0 {
		s.groups[n.group] = [2]int{-1, -1}
	}
	for _, c := range n.children {
		s.forget(c)
	}
}

// cat divides the text between two parts, the first taking as much or as little as
// it prefers.
func (s *searcher) cat(n *node, begin, end int) bool {
	left, right := n.children[0], n.children[1]
	short := left.flags&shorter != 0
	for mid := s.first(left, short, begin, end); mid >= 0; mid = s.after(left, short, begin, mid, end) {
		if !s.accepts(right.program, mid, end) {
			continue
		}
		if s.dissect(left, begin, mid) && s.dissect(right, mid, end) {
			return true
		}
		s.forget(left)
		s.forget(right)
	}
	return false
}

// first returns the end that a part prefers; -1 for none.
func (s *searcher) first(n *node, short bool, begin, end int) int {
	if short {
		return s.shortest(n.program, begin, begin, end)
	}
	return s.longest(n.program, begin, end)
}

// after returns the end that a part prefers next.
func (s *searcher) after(n *node, short bool, begin, last, end int) int {
	switch {
	case short && last < end:
		return s.shortest(n.program, begin, last+1, end)
	case !short && last > begin:
		return s.longest(n.program, begin, last-1)
	}
	return -1
}

// reference matches the text of a group, a number of times.
func (s *searcher) reference(n *node, begin, end int) bool {
	group := s.groups[n.refers]
	if group[0] < 0 {
		return false
	}
	text := s.text[group[0]:group[1]]
	switch {
	case len(text) == 0:
		return begin == end
	case begin == end:
		return n.min == 0
	case (end-begin)%len(text) != 0:
		return false
	}
	times := (end - begin) / len(text)
	if times < n.min || n.max != infinite && times > n.max {
		return false
	}
	for i := begin; i < end; i += len(text) {
		if !s.same(text, s.text[i:i+len(text)]) {
			return false
		}
	}
	return true
}

func (s *searcher) same(a, b []rune) bool {
	if s.work += len(a); s.exhausted() {
		return false
	}
	if !s.re.flags.Fold {
		return slices.Equal(a, b)
	}
	return slices.EqualFunc(a, b, func(x, y rune) bool { return x == y || toLower(x) == toLower(y) })
}

// repetition is the division of a text among the repetitions of a part: ends[i] is
// where the i-th ends, ends[0] where the first begins.
type repetition struct {
	*searcher
	part        *node
	short       bool
	end         int
	least, most int
	ends        []int
	verified    int // so many repetitions are known to match
}

// repeat divides the text among repetitions of a part, each taking as much or as
// little as it prefers, empty ones only where their number is too small otherwise.
func (s *searcher) repeat(n *node, begin, end int) bool {
	r := repetition{searcher: s, part: n.children[0], end: end, least: max(n.min, 1)}
	r.short = r.part.flags&shorter != 0
	none := n.min == 0 && begin == end // no repetition is enough
	if none && r.short {
		return true
	}
	r.most = end - begin
	if n.max != infinite {
		r.most = min(r.most, n.max)
	}
	r.most = max(r.most, r.least)
	r.ends = []int{begin}
	return r.search() || none
}

// search tries divisions in order of preference. bound is what the next end of the
// current repetition must keep: below or at it when the part prefers the longer,
// above or at it when it prefers the shorter.
func (r *repetition) search() bool {
	for bound, ok := r.freshBound(), true; ok; {
		if at := r.next(bound); at >= 0 {
			r.ends = append(r.ends, at)
			k := len(r.ends) - 1
			r.verified = min(r.verified, k-1)
			switch {
			case at == r.end && k >= r.least && r.verify():
				return true
			case at != r.end && k >= r.most: // no other end of this one helps
				r.ends = r.ends[:k]
			case at != r.end && !r.idle(k):
				bound = r.freshBound()
				continue
			}
		}
		bound, ok = r.retreat()
	}
	return false
}

// idle tells that the k-th repetition took nothing and need not have been.
func (r *repetition) idle(k int) bool {
	return r.ends[k] == r.ends[k-1] && (k >= r.least || r.least-k < r.end-r.ends[k])
}

// freshBound is the bound of a repetition that was not tried yet.
func (r *repetition) freshBound() int {
	if r.short {
		return r.ends[len(r.ends)-1]
	}
	return r.end
}

// next finds an end for one more repetition.
func (r *repetition) next(bound int) int {
	begin := r.ends[len(r.ends)-1]
	if r.short {
		least := bound
		if k := len(r.ends); least == begin && begin < r.end && (k >= r.least || r.least-k < r.end-begin) {
			least++ // an empty one is not needed
		}
		last := r.end
		if len(r.ends) >= r.most {
			least = r.end // the last one allowed must reach the end
		}
		return r.shortest(r.part.program, begin, least, last)
	}
	return r.longest(r.part.program, begin, bound)
}

// retreat takes back repetitions until one can end elsewhere, and returns the bound
// for that one; false when there is none.
func (r *repetition) retreat() (bound int, ok bool) {
	for len(r.ends) > 1 {
		k := len(r.ends) - 1
		last, begin := r.ends[k], r.ends[k-1]
		r.ends = r.ends[:k]
		switch {
		case r.short && last < r.end:
			return last + 1, true
		case !r.short && last > begin && (last-1 > begin || k < r.least && r.least-k >= r.end-begin):
			return last - 1, true
		}
	}
	return 0, false
}

// verify dissects the repetitions; of groups the last one counts.
func (r *repetition) verify() bool {
	for i := r.verified + 1; i < len(r.ends); i++ {
		r.forget(r.part)
		if !r.dissect(r.part, r.ends[i-1], r.ends[i]) {
			return false
		}
		r.verified = i
	}
	return true
}
