package quick

import "golang.org/x/sys/windows"

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
