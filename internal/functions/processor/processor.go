// Package processor tells how long a goroutine computes: the time in which a processor
// works for it, without that in which it waits for one because the machine has much to
// do.
//
//	clock, ok := processor.Begin()
//	if ok {
//		defer clock.End()
//	}
//	… clock.Used() …
//
// The system counts that for threads, so the goroutine keeps its thread meanwhile. And
// Process tells it of the process as a whole.
package processor

import (
	"runtime"
	"time"
)

// Clock counts from Begin on.
type Clock struct {
	thread int
	began  time.Duration
}

// Begin binds the calling goroutine to its thread until End, and counts from now on. Where
// the system does not tell, ok is false, and nothing is bound.
func Begin() (c Clock, ok bool) {
	runtime.LockOSThread()
	c.thread = current()
	if c.began, ok = used(c.thread); !ok {
		runtime.UnlockOSThread()
	}
	return c, ok
}

// Span counts like a Clock, for half the calls of the system; only the goroutine that
// began it may ask, once.
type Span struct {
	began time.Duration
	ok    bool
}

// Count binds the calling goroutine to its thread until End, and counts from now on.
func Count() Span {
	runtime.LockOSThread()
	began, ok := own()
	return Span{began, ok}
}

// End lets the goroutine go from its thread and tells for how long it has computed; ok is
// false where the system does not tell.
func (s Span) End() (computed time.Duration, ok bool) {
	defer runtime.UnlockOSThread()
	now, ok := own()
	return now - s.began, ok && s.ok
}

// End lets the goroutine go from its thread. The goroutine that called Begin calls it.
func (c Clock) End() { runtime.UnlockOSThread() }

// Used is for how long the thread has computed since Begin. Any goroutine may ask until
// End was called.
func (c Clock) Used() (time.Duration, bool) {
	now, ok := used(c.thread)
	return now - c.began, ok
}
