package app

import (
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/outgoing"
)

// newGuard returns what outgoing calls go through.
func newGuard(c config.Config) (*outgoing.Guard, error) {
	o := c.Outgoing
	return outgoing.New(outgoing.Config{Allow: o.Allow, Ports: o.Ports, Proxy: o.Proxy, Timeout: o.Timeout, MaxResponse: o.MaxResponse})
}
