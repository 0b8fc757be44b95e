//go:build !linux

package apart

import (
	"context"
	"errors"
)

// Possible tells that this system does not give processors to processes.
func Possible() bool { return false }

// Keep fails.
func Keep(context.Context, []int) (together func(), err error) {
	return nil, errors.New("processes are kept to processors on Linux only")
}
