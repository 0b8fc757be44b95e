package arena

import "golang.org/x/sys/windows"

// reserve gives size bytes of zeroed memory.
func reserve(size uintptr) (uintptr, error) {
	return windows.VirtualAlloc(0, size, windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
}

// Deny makes the next access to the memory fail.
func Deny(base, size uintptr) error {
	var old uint32
	return windows.VirtualProtect(base, size, windows.PAGE_NOACCESS, &old)
}

// Release gives memory back to the system.
func Release(base, _ uintptr) error {
	return windows.VirtualFree(base, 0, windows.MEM_RELEASE)
}
