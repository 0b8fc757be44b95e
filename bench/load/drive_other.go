//go:build !linux

package load

import (
	"context"
	"net"
)

func drive(ctx context.Context, conns []net.Conn, clients []*client) error {
	return driveEach(ctx, conns, clients)
}
