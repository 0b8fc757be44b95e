package quick

import (
	"time"

	"golang.org/x/sys/windows"
)

// reserve gives size bytes of zeroed memory.
func reserve(size uintptr) (uintptr, error) {
	return windows.VirtualAlloc(0, size, windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
}

// deny makes the next access to the memory fail.
func deny(base, size uintptr) error {
	var old uint32
	return windows.VirtualProtect(base, size, windows.PAGE_NOACCESS, &old)
}

func release(base, _ uintptr) error {
	return windows.VirtualFree(base, 0, windows.MEM_RELEASE)
}

// processorTime is how long the process has computed, on all processors together.
func processorTime() time.Duration {
	var made, ended, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &made, &ended, &kernel, &user) != nil {
		return 0
	}
	hundreds := func(t windows.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) }
	return time.Duration(100 * (hundreds(kernel) + hundreds(user)))
}
