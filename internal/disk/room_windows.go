package disk

import (
	"fmt"
	"syscall"
	"unsafe"
)

// RoomOf returns the room on the disk of a folder. ok is false where the system
// does not tell.
func RoomOf(dir string) (r Room, ok bool, err error) {
	path, err := syscall.UTF16PtrFromString(dir)
	if err != nil {
		return Room{}, false, fmt.Errorf("the room on the disk of %s: %w", dir, err)
	}
	ask := syscall.NewLazyDLL("kernel32.dll").NewProc("GetDiskFreeSpaceExW")
	done, _, err := ask.Call(uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&r.Free)), uintptr(unsafe.Pointer(&r.Total)), 0)
	if done == 0 {
		return Room{}, false, fmt.Errorf("the room on the disk of %s: %w", dir, err)
	}
	return r, true, nil
}
