//go:build !linux

package idle

// unmapProgram does nothing where it is not known how, and programPages knows of none.
func unmapProgram() {}

func programPages() uint64 { return 0 }
