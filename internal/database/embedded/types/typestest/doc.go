// Package typestest holds the proof of the type catalogue: tests only.
//
//   - Every entry of builtin.Catalogue() is held against PostgreSQL 15's own
//     catalogue (testdata/pg15), and what is implemented is written to a ledger
//     that may only grow.
//   - Every function, operator, cast and aggregate is evaluated over adversarial
//     arguments, on PostgreSQL and on SQLite through its entry, and compared by
//     text, SQLSTATE and message. An entry without an answer that is neither
//     null nor an error fails: it was not tested.
//   - Every type is taken from text to storage and back, ordered, and turned to
//     JSON beside PostgreSQL.
//
// The arguments come from testdata/values/<type>.json, and for single entries from
// testdata/tuples/<family>.json; a new family adds its own files and needs no code
// here. The tests that ask PostgreSQL run where there is a version 15
// (package pgtest).
//
//	go test ./internal/database/embedded/types/typestest -update   # ledger and dump
package typestest
