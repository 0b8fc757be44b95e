package embedded

import (
	"math"
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
}

// forget makes the file alone count, after DDL that may have set a sequence.
func (s *sequences) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.last)
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
	seq := x.cat.Sequences[uint32(args[0].Int())]
	if seq == nil {
		return sqlite.Null, fault.New(fault.UndefinedTable, "the sequence does not exist")
	}
	v, err := x.draw(c, seq)
	if err != nil {
		return sqlite.Null, err
	}
	x.given = append(x.given, v)
	return sqlite.Int(v), nil
}

// draw gives the next value of a sequence.
func (x *execution) draw(c *sqlite.Conn, seq *catalog.Sequence) (int64, error) {
	last, ok := x.drawn[seq.OID]
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
	return next, nil
}

// beyond is the later of a sequence's mark in the file and the last value given.
func (s *sequences) beyond(seq *catalog.Sequence, mark int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
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
