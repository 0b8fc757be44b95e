// Package rowsum is the checksum of a table, whose rows have no order:
//
//	var s rowsum.Sum
//	s.Add(row) // for each
//	s.Rows(), s.String()
package rowsum

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Sum is the number of rows and, modulo 2^128, the sum of the first 128 bits of
// the SHA-256 of each. Its zero value is that of no rows.
type Sum struct {
	rows      int64
	high, low uint64
}

// Add adds a row, as whatever bytes stand for it.
func (s *Sum) Add(row []byte) {
	h := sha256.Sum256(row)
	low := s.low + binary.BigEndian.Uint64(h[8:16])
	if low < s.low {
		s.high++
	}
	s.low = low
	s.high += binary.BigEndian.Uint64(h[:8])
	s.rows++
}

// Rows is how many were added.
func (s *Sum) Rows() int64 { return s.rows }

// String is the checksum, 32 hexadecimal digits.
func (s *Sum) String() string { return fmt.Sprintf("%016x%016x", s.high, s.low) }
