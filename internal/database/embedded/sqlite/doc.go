// Package sqlite is a thin binding to SQLite for the embedded engine. It calls
// the library of modernc.org/sqlite directly, without database/sql in between,
// and adds what the engine needs: a cache of statements, functions that know
// their connection and keep the identity of their errors, and interrupts that
// are never lost and never hit a write.
//
//	c, err := sqlite.Open(path, sqlite.Options{Functions: functions})
//	s, err := c.Prepare("SELECT name FROM t WHERE id = ?")
//	defer s.Reset()
//	err = s.Bind(1, sqlite.Int(7))
//	more, err := s.Step()
//	name := s.Column(0).Text()
//
// A connection and its statements belong to one goroutine at a time. A function
// may use the connection that runs it. SQLite's own documentation is at
// https://sqlite.org/c3ref/intro.html.
package sqlite
