//go:build !linux

package load

import "context"

func drive(ctx context.Context, addr string, clients []*client) error {
	return driveEach(ctx, addr, clients)
}
