//go:build !linux

package processor

import "time"

func current() int { return 0 }

func own() (time.Duration, bool) { return 0, false }

// used is not known here: macOS tells a thread about itself only, Windows in steps of
// its scheduler's 15 ms.
func used(int) (time.Duration, bool) { return 0, false }
