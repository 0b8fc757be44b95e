package session

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// Bounds of a notification, PostgreSQL's own: NAMEDATALEN and
// NOTIFY_PAYLOAD_MAX_LENGTH (async.c).
const (
	maxChannel = 63
	maxPayload = 7999
)

// notifier is the statement being run, as pg_notify() finds it.
type notifier interface {
	Notify(channel, payload string) error
}

// notify is pg_notify(channel, payload). What it says is heard after the commit.
func notify(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	channel, payload := strings.Clone(args[0].Text()), strings.Clone(args[1].Text())
	n, ok := c.State.(notifier)
	switch {
	case !ok:
		return sqlite.Null, fault.Unsupported("pg_notify() is not supported here")
	case channel == "":
		return sqlite.Null, fault.New(fault.InvalidParameter, "channel name cannot be empty")
	case len(channel) > maxChannel:
		return sqlite.Null, fault.New(fault.InvalidParameter, "channel name too long")
	case len(payload) > maxPayload:
		return sqlite.Null, fault.New(fault.InvalidParameter, "payload string too long")
	}
	return sqlite.Text(""), n.Notify(channel, payload)
}
