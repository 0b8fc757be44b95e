package https

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
)

// listen binds an address of the configuration.
func listen(ctx context.Context, key, address string) (net.Listener, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err == nil {
		return listener, nil
	}
	err = fmt.Errorf("%s: listen on %s: %w", key, address, err)
	switch {
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w\nPorts below 1024 are for programs that may bind them. On Linux: run Galley by its systemd unit "+
			"(galley deploy init systemd), or once: sudo setcap cap_net_bind_service=+ep \"$(command -v galley)\". "+
			"Or listen on other ports, such as :8443 and :8080, and have 443 and 80 forwarded to them", err)
	case errors.Is(err, syscall.EADDRINUSE):
		err = fmt.Errorf("%w\nAnother program listens there, perhaps nginx, Apache, Caddy or a second Galley: sudo ss -ltnp shows it. "+
			"Stop it; or let it do HTTPS and forward to server.listen, and leave server.https.domains out", err)
	}
	return nil, err
}
