package sqlite

import lib "modernc.org/sqlite/lib"

// ColumnCount returns the number of columns of a row.
func (s *Stmt) ColumnCount() int { return s.columns }

func (s *Stmt) value(i int) Value {
	return valueAt(s.conn.tls, lib.Xsqlite3_column_value(s.conn.tls, s.handle, int32(i)))
}

// Column returns column i of the row, counted from 0. Its bytes are a copy.
func (s *Stmt) Column(i int) Value {
	v := s.value(i)
	if v.kind >= KindText {
		return v.owned()
	}
	return v
}

// ColumnView returns column i of the row. Its bytes are a view that is valid
// until the next Step or Reset and must not be changed.
func (s *Stmt) ColumnView(i int) Value { return s.value(i) }

// ColumnKind returns the storage class of column i.
func (s *Stmt) ColumnKind(i int) Kind { return s.value(i).kind }

// ColumnInt returns column i as Value.Int does.
func (s *Stmt) ColumnInt(i int) int64 { return s.value(i).Int() }

// ColumnFloat returns column i as Value.Float does.
func (s *Stmt) ColumnFloat(i int) float64 { return s.value(i).Float() }

// ColumnBytes returns the bytes of column i, a view that is valid until the next
// Step or Reset and must not be changed. It is nil for numbers and NULL.
func (s *Stmt) ColumnBytes(i int) []byte { return s.value(i).Blob() }
