//go:build !linux && !darwin && !windows

package disk

// RoomOf returns the room on the disk of a folder. ok is false where the system
// does not tell.
func RoomOf(string) (r Room, ok bool, err error) { return Room{}, false, nil }
