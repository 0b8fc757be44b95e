//go:build linux || darwin

package disk

import (
	"fmt"
	"syscall"
)

// RoomOf returns the room on the disk of a folder. ok is false where the system
// does not tell.
func RoomOf(dir string) (r Room, ok bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return Room{}, false, fmt.Errorf("the room on the disk of %s: %w", dir, err)
	}
	size := uint64(s.Bsize)
	return Room{Free: s.Bavail * size, Total: s.Blocks * size}, true, nil
}
