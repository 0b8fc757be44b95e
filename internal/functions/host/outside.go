package host

import (
	"context"
	"encoding/json"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// Outside is the services outside that a function works with, such as stripe.checkout.
// Requests and answers are JSON objects; an answer is {"value": …} or {"error": …}.
type Outside interface {
	Call(ctx context.Context, name string, request []byte) json.RawMessage
	// Local is for what needs nobody, and takes no time.
	Local(ctx context.Context, name string, request []byte) json.RawMessage
}

// outsideCall is outside.call(name, request). It counts as an outgoing call, and may
// write to the database.
func (s *Services) outsideCall(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	c, err := writing(ctx, a.Text(0))
	if err != nil {
		return nil, err
	}
	if s.config.Outside == nil {
		return nil, noOutside
	}
	if err := c.spend(); err != nil {
		return nil, err
	}
	return engine.JSON(s.config.Outside.Call(ctx, a.Text(0), []byte(a.Text(1)))), nil
}

// outsideLocal is outside.local(name, request).
func (s *Services) outsideLocal(ctx context.Context, args []engine.Value) (engine.Value, error) {
	if s.config.Outside == nil {
		return nil, noOutside
	}
	a := engine.Args(args)
	return engine.JSON(s.config.Outside.Local(ctx, a.Text(0), []byte(a.Text(1)))), nil
}

var noOutside = fault.New(fault.ObjectNotInPrerequisite, "this program has no services outside")
