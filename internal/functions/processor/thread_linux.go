package processor

import (
	"time"

	"golang.org/x/sys/unix"
)

func current() int { return unix.Gettid() }

// own reads the processor time of the calling thread.
func own() (time.Duration, bool) {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}

// used reads the processor time of a thread of this process. Its clock's number is made
// of the thread's (Linux, include/linux/posix-timers_types.h: MAKE_THREAD_CPUCLOCK).
func used(thread int) (time.Duration, bool) {
	const scheduled, perThread = 2, 4
	var t unix.Timespec
	if unix.ClockGettime(int32(^thread<<3|perThread|scheduled), &t) != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}
