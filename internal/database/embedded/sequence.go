package embedded

import (
	"math"
	"slices"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

// sequences remembers the last value each sequence gave, so that a value burnt
// by a transaction that was rolled back is not given again while the process
// lives. What is committed stands in the file, written once a statement.
type sequences struct {
	mu   sync.Mutex
	last map[uint32]int64
	// unsure are sequences that another process may have drawn from since.
	unsure map[uint32]bool
	// set are the sequences that setval() set, which no rollback undoes: the
	// value that comes before the next one.
	set map[uint32]int64
}

// forget makes the file alone count, after DDL that may have set a sequence.
func (s *sequences) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.last)
	clear(s.unsure)
	clear(s.set)
}

// distrust has the file looked at again, since another process has changed it.
func (s *sequences) distrust() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for oid := range s.last {
		s.unsure[oid] = true
	}
}

// nextValue is galley_nextval(sequence).
func (db *DB) nextValue(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	x, ok := c.State.(*execution)
	if !ok {
		return sqlite.Null, fault.New(fault.ReadOnlyTransaction, "cannot execute nextval() in a read-only transaction")
	}
	if x.replays && len(x.replay) > 0 {
		v := x.replay[0]
		x.replay = x.replay[1:]
		return sqlite.Int(v), nil
	}
	if len(x.repeat) > 0 {
		v := x.repeat[0]
		x.repeat = x.repeat[1:]
		return sqlite.Int(v), nil
	}
	seq := x.cat.Sequences[uint32(args[0].Int())]
	if seq == nil {
		return sqlite.Null, fault.New(fault.UndefinedTable, "the sequence does not exist")
	}
	if !x.mayDraw(seq) {
		return sqlite.Null, fault.New(fault.InsufficientPrivilege, "permission denied for sequence %s", seq.Name)
	}
	v, err := x.draw(c, seq)
	if err != nil {
		return sqlite.Null, err
	}
	x.given = append(x.given, v)
	x.remember(seq.OID, v)
	return sqlite.Int(v), nil
}

// remember keeps what a sequence gave, for currval() and lastval().
func (x *execution) remember(sequence uint32, value int64) {
	x.lastDrawn = drawn{sequence, value}
	s := x.scope
	if s == nil {
		return
	}
	s.drawn = append(s.drawn, drawn{sequence, value})
	if len(s.drawn) < maxDrawn {
		return
	}
	s.compact()
}

// NextValue is nextval(sequence).
func (x *execution) NextValue(c *sqlite.Conn, sequence uint32) (int64, error) {
	v, err := x.db.nextValue(c, []sqlite.Value{sqlite.Int(int64(sequence))})
	return v.Int(), err
}

// SetValue is setval(sequence, value, called).
func (x *execution) SetValue(c *sqlite.Conn, sequence uint32, value int64, called bool) error {
	seq := x.cat.Sequences[sequence]
	if seq == nil {
		return fault.New(fault.UndefinedTable, "the sequence does not exist")
	}
	if value < seq.Min || value > seq.Max {
		return fault.New(fault.NumericOutOfRange, `setval: value %d is out of bounds for sequence "%s" (%d..%d)`, value, seq.Name, seq.Min, seq.Max)
	}
	st, err := c.Prepare(`UPDATE galley_sequence SET mark = ?1, called = ?2 WHERE oid = ?3`)
	if err != nil {
		return store.Translate(err)
	}
	defer st.Reset()
	for i, v := range []sqlite.Value{sqlite.Int(value), sqlite.Bool(called), sqlite.Int(int64(sequence))} {
		if err := st.Bind(i+1, v); err != nil {
			return store.Translate(err)
		}
	}
	if _, err := st.Step(); err != nil {
		return store.Translate(err)
	}
	delete(x.drawn, sequence)
	before := value
	if !called {
		before = value - seq.Increment
	} else {
		x.amend(sequence, value)
	}
	x.db.sequences.mu.Lock()
	defer x.db.sequences.mu.Unlock()
	delete(x.db.sequences.last, sequence)
	x.db.sequences.set[sequence] = before
	return nil
}

// amend makes a value the present one of a sequence for currval(), without
// making the sequence the last one used.
func (x *execution) amend(sequence uint32, value int64) {
	if x.lastDrawn.sequence == sequence {
		x.lastDrawn.value = value
	}
	s := x.scope
	if s == nil {
		return
	}
	for i, d := range slices.Backward(s.drawn) {
		if d.sequence == sequence {
			s.drawn[i].value = value
			return
		}
	}
	s.drawn = slices.Insert(s.drawn, 0, drawn{sequence, value})
}

// CurrentValue is currval(sequence).
func (x *execution) CurrentValue(sequence uint32) (int64, error) {
	if x.lastDrawn.sequence == sequence {
		return x.lastDrawn.value, nil
	}
	if v, ok := x.drawn[sequence]; ok {
		return v, nil
	}
	if s := x.scope; s != nil {
		for _, d := range slices.Backward(s.drawn) {
			if d.sequence == sequence {
				return d.value, nil
			}
		}
	}
	name := ""
	if seq := x.cat.Sequences[sequence]; seq != nil {
		name = seq.Name
	}
	return 0, fault.New(fault.ObjectNotInPrerequisite, `currval of sequence "%s" is not yet defined in this session`, name)
}

// LastValue is lastval().
func (x *execution) LastValue() (int64, error) {
	if x.lastDrawn.sequence != 0 {
		return x.lastDrawn.value, nil
	}
	if s := x.scope; s != nil {
		for _, d := range slices.Backward(s.drawn) {
			if x.cat.Sequences[d.sequence] != nil {
				return d.value, nil
			}
		}
	}
	return 0, fault.New(fault.ObjectNotInPrerequisite, "lastval is not yet defined in this session")
}

// drawn is a value that a sequence gave.
type drawn struct {
	sequence uint32
	value    int64
}

// maxDrawn bounds the values remembered before only the last of each sequence is
// kept.
const maxDrawn = 1000

// compact keeps the last value of each sequence only.
func (s *scope) compact() {
	seen := map[uint32]bool{}
	var kept []drawn
	for _, d := range slices.Backward(s.drawn) {
		if !seen[d.sequence] {
			seen[d.sequence] = true
			kept = append(kept, d)
		}
	}
	slices.Reverse(kept)
	s.drawn = kept
}

// mayDraw tells whether the role may draw from a sequence. That of an identity
// column is the column's own, for whoever may insert.
func (x *execution) mayDraw(seq *catalog.Sequence) bool {
	if t := x.cat.Tables[seq.OwnerTable]; t != nil {
		if c := t.ColumnNumber(seq.OwnerColumn); c != nil && c.Identity != 0 {
			return true
		}
	}
	who := role(x.session)
	return x.cat.Has(who, seq.Owner, seq.ACL, catalog.Usage) || x.cat.Has(who, seq.Owner, seq.ACL, catalog.Update)
}

// draw gives the next value of a sequence.
func (x *execution) draw(c *sqlite.Conn, seq *catalog.Sequence) (int64, error) {
	last, ok := x.drawn[seq.OID]
	if !ok {
		last, ok = x.db.sequences.given(seq)
	}
	if !ok {
		mark, called, err := sequenceMark(c, seq.OID)
		if err != nil {
			return 0, err
		}
		last = mark
		if !called {
			last = mark - seq.Increment // the mark itself comes next
		}
		last = x.db.sequences.beyond(seq, last)
	}
	next, err := successor(seq, last)
	if err != nil {
		return 0, err
	}
	if x.drawn == nil {
		x.drawn = map[uint32]int64{}
	}
	x.drawn[seq.OID] = next
	x.db.sequences.mu.Lock()
	defer x.db.sequences.mu.Unlock()
	x.db.sequences.last[seq.OID] = next
	delete(x.db.sequences.unsure, seq.OID)
	return next, nil
}

// given is the last value a sequence gave, if that is known without the file: its
// mark there is never beyond it, but for a sequence that starts again.
func (s *sequences) given(seq *catalog.Sequence) (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, set := s.set[seq.OID]
	last, ok := s.last[seq.OID]
	return last, ok && !set && !seq.Cycle && !s.unsure[seq.OID]
}

// beyond is the later of a sequence's mark in the file and the last value given.
func (s *sequences) beyond(seq *catalog.Sequence, mark int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.set[seq.OID]; ok {
		delete(s.set, seq.OID)
		return before
	}
	last, ok := s.last[seq.OID]
	if !ok || seq.Cycle || (seq.Increment > 0) == (last < mark) {
		return mark
	}
	return last
}

// successor is the value after last.
func successor(seq *catalog.Sequence, last int64) (int64, error) {
	if seq.Increment > 0 && (last > math.MaxInt64-seq.Increment || last+seq.Increment > seq.Max) {
		if seq.Cycle {
			return seq.Min, nil
		}
		return 0, fault.New("2200H", `nextval: reached maximum value of sequence "%s" (%d)`, seq.Name, seq.Max)
	}
	if seq.Increment < 0 && (last < math.MinInt64-seq.Increment || last+seq.Increment < seq.Min) {
		if seq.Cycle {
			return seq.Max, nil
		}
		return 0, fault.New("2200H", `nextval: reached minimum value of sequence "%s" (%d)`, seq.Name, seq.Min)
	}
	return last + seq.Increment, nil
}

func sequenceMark(c *sqlite.Conn, oid uint32) (mark int64, called bool, err error) {
	st, err := c.Prepare(`SELECT mark, called FROM galley_sequence WHERE oid = ?1`)
	if err != nil {
		return 0, false, err
	}
	defer st.Reset()
	if err := st.Bind(1, sqlite.Int(int64(oid))); err != nil {
		return 0, false, err
	}
	more, err := st.Step()
	if err != nil || !more {
		return 0, false, err
	}
	return st.ColumnInt(0), st.ColumnInt(1) != 0, nil
}

// saveSequences writes where the statement left its sequences.
func (x *execution) saveSequences(c *sqlite.Conn) error {
	for oid, value := range x.drawn {
		st, err := c.Prepare(`UPDATE galley_sequence SET mark = ?1, called = 1 WHERE oid = ?2`)
		if err != nil {
			return store.Translate(err)
		}
		if err = st.Bind(1, sqlite.Int(value)); err == nil {
			err = st.Bind(2, sqlite.Int(int64(oid)))
		}
		if err == nil {
			_, err = st.Step()
		}
		st.Reset()
		if err != nil {
			return store.Translate(err)
		}
	}
	return nil
}
