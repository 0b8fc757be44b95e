//go:build !linux

package idle

// unmapProgram does nothing where it is not known how.
func unmapProgram() error { return nil }
