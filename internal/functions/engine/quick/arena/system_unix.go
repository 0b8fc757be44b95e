//go:build unix

package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve gives size bytes of zeroed memory, which the system provides page by page
// as they are touched.
func reserve(size uintptr) (uintptr, error) {
	p, err := unix.MmapPtr(-1, 0, nil, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	return uintptr(p), err
}

// Deny makes the next access to the memory fail.
func Deny(base, size uintptr) error {
	return unix.Mprotect(unsafe.Slice((*byte)(unsafe.Add(nil, base)), size), unix.PROT_NONE)
}

// Release gives memory back to the system.
func Release(base, size uintptr) error {
	return unix.MunmapPtr(unsafe.Add(nil, base), size)
}
