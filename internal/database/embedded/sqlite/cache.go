package sqlite

// cache keeps a connection's statements: those in use, and idle ones in the
// order of their last use, of which only so many are kept.
type cache struct {
	limit int
	idle  list
	used  list
	text  map[string]*sameText
}

// sameText are the statements of one text. They stay in the map while there are any, idle
// or in use, so that a statement that is given back need not look for its place.
type sameText struct {
	idle  *Stmt // the first one; more hang on same
	count int   // idle and in use
}

// take returns an idle statement of a text, now in use, or nil. One that writes
// must have been compiled while foreign keys were deferred, or not, as they are now.
func (k *cache) take(text string, deferring bool) *Stmt {
	of := k.text[text]
	if of == nil {
		return nil
	}
	s := of.idle
	for s != nil && s.writes && s.deferring != deferring {
		s = s.same
	}
	if s == nil {
		return nil
	}
	k.forget(s)
	s.busy = true
	k.used.push(s)
	return s
}

// giveBack makes a statement idle.
func (k *cache) giveBack(s *Stmt) {
	k.used.remove(s)
	if s.of == nil {
		s.of = k.place(s.text)
		s.of.count++
	}
	s.same, s.of.idle = s.of.idle, s
	k.idle.push(s)
	k.evict(s.conn, k.limit)
}

// place is where the statements of a text are.
func (k *cache) place(text string) *sameText {
	if k.text == nil {
		k.text = map[string]*sameText{}
	}
	of := k.text[text]
	if of == nil {
		of = &sameText{}
		k.text[text] = of
	}
	return of
}

// forget takes an idle statement out.
func (k *cache) forget(s *Stmt) {
	k.idle.remove(s)
	at := &s.of.idle
	for *at != s {
		at = &(*at).same
	}
	*at, s.same = s.same, nil
}

// evict finalizes the idle statements used longest ago until limit are left.
func (k *cache) evict(_ *Conn, limit int) {
	for k.idle.size > limit {
		s := k.idle.last
		k.forget(s)
		if s.of.count--; s.of.count == 0 {
			delete(k.text, s.text)
		}
		s.finalize()
	}
}

// ResetAll resets every statement that is in use, for the owner of a connection
// who gets it back from someone who may have left some running.
func (c *Conn) ResetAll() {
	for c.cache.used.first != nil {
		c.cache.used.first.Reset()
	}
	c.ctx, c.cause = nil, nil
}

// list is a list of statements, the latest first.
type list struct {
	first, last *Stmt
	size        int
}

func (l *list) push(s *Stmt) {
	s.previous, s.next = nil, l.first
	if l.first != nil {
		l.first.previous = s
	} else {
		l.last = s
	}
	l.first = s
	l.size++
}

func (l *list) remove(s *Stmt) {
	if s.previous != nil {
		s.previous.next = s.next
	} else {
		l.first = s.next
	}
	if s.next != nil {
		s.next.previous = s.previous
	} else {
		l.last = s.previous
	}
	s.previous, s.next = nil, nil
	l.size--
}
