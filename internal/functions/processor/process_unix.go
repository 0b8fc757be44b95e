//go:build unix

package processor

import (
	"time"

	"golang.org/x/sys/unix"
)

// Process is how long the whole process has computed so far, on all processors together;
// 0 when the system does not tell.
func Process() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
