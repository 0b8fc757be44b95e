package regex

// bracketItem is a token within brackets.
type bracketItem struct {
	kind  kind // tPlain, '-' (a range), tSet, tOthers, ']', '.', '='
	value rune
	class string
}

// brackets reads a bracket expression, its opening being read, and the token
// after it.
func (p *parser) brackets(plain bool) *set {
	s := &set{negated: !plain, noLine: !plain && p.flags.LineStop}
	first := true
	item := p.bracketItem(first)
	for p.err == nil && item.kind != ']' {
		item = p.bracketPart(s, item)
	}
	p.next()
	return s
}

// bracketItem reads one token within brackets; first tells that it stands behind
// the opening.
func (p *parser) bracketItem(first bool) bracketItem {
	if p.err != nil {
		return bracketItem{kind: ']'}
	}
	if p.atEnd() {
		return p.badBracket(badBrackets)
	}
	r := p.text[p.at]
	p.at++
	switch {
	case r == '\\':
		return p.bracketEscape()
	case r == '-' && !first && !(p.at < len(p.text) && p.text[p.at] == ']'):
		return bracketItem{kind: '-', value: '-'}
	case r == '[':
		return p.bracketInner()
	case r == ']' && !first:
		return bracketItem{kind: ']'}
	}
	return bracketItem{kind: tPlain, value: r}
}

func (p *parser) badBracket(reason string) bracketItem {
	p.fail(invalid(reason))
	return bracketItem{kind: ']'}
}

func (p *parser) bracketEscape() bracketItem {
	if p.atEnd() {
		return p.badBracket(badEscape)
	}
	p.escape()
	switch p.tok.kind {
	case tPlain, tSet, tOthers:
		return bracketItem{kind: p.tok.kind, value: p.tok.value, class: p.tok.class}
	}
	return p.badBracket(badEscape)
}

// bracketInner reads [.a.], [=a=] or [:alpha:], an opening bracket being read.
func (p *parser) bracketInner() bracketItem {
	if p.atEnd() {
		return p.badBracket(badBrackets)
	}
	mark := p.text[p.at]
	if mark != '.' && mark != '=' && mark != ':' {
		return bracketItem{kind: tPlain, value: '['}
	}
	p.at++
	start := p.at
	for p.at+1 < len(p.text) && !(p.text[p.at] == mark && p.text[p.at+1] == ']') {
		p.at++
	}
	if p.at+1 >= len(p.text) {
		return p.badBracket(badBrackets)
	}
	name := p.text[start:p.at]
	p.at += 2
	if mark == ':' {
		return bracketItem{kind: tSet, class: string(name)}
	}
	if len(name) == 1 {
		return bracketItem{kind: kind(mark), value: name[0]}
	}
	if len(name) == 0 {
		return p.badBracket(badCollating)
	}
	p.fail(refused{"with the name of a character"})
	return bracketItem{kind: ']'}
}

// bracketPart adds a character, a range or a class, and returns the item after it.
func (p *parser) bracketPart(s *set, item bracketItem) bracketItem {
	switch item.kind {
	case '-':
		return p.badBracket(badRange)
	case '=':
		p.addFolded(s, item.value)
		return p.bracketItem(false)
	case tSet, tOthers:
		after := p.bracketItem(false) // whose error comes first
		p.addClass(s, item)
		return after
	}
	low := item.value
	next := p.bracketItem(false)
	if next.kind != '-' {
		p.addRange(s, low, low, item.kind == tPlain)
		return next
	}
	end := p.bracketItem(false)
	if p.err == nil && end.kind != tPlain && end.kind != '-' && end.kind != '.' {
		return p.badBracket(badRange)
	}
	next = p.bracketItem(false)
	switch {
	case p.err != nil:
	case end.value < low:
		return p.badBracket(badRange)
	default:
		p.addRange(s, low, end.value, false)
	}
	return next
}

func (p *parser) addClass(s *set, item bracketItem) {
	name := item.class
	if p.flags.Fold && (name == "lower" || name == "upper") {
		name = "alpha"
	}
	t, ok := known.table(name)
	switch {
	case !ok:
		p.fail(invalid(badClass))
	case item.kind == tOthers:
		s.addOthers(t)
	default:
		s.addTable(t)
	}
}

// addFolded adds a character; without regard to case its small and large form,
// which need not be itself ('ǅ').
func (p *parser) addFolded(s *set, r rune) {
	if !p.flags.Fold {
		s.add(r, r)
		return
	}
	small, large := toLower(r), toUpper(r)
	s.add(small, small)
	s.add(large, large)
}

// addRange adds a range and what its members become in the other case.
func (p *parser) addRange(s *set, low, high rune, single bool) {
	if single {
		p.addFolded(s, low)
		return
	}
	s.add(low, high)
	if !p.flags.Fold {
		return
	}
	for r := low; r <= high; r++ {
		for _, c := range []rune{toLower(r), toUpper(r)} {
			if c < low || c > high {
				s.add(c, c)
			}
		}
	}
}
