package store

import (
	"context"

	"github.com/galleyhq/galley/internal/database"
)

// IdentitiesByEmail lists the identities of all users that have an address, given in
// lower case.
func IdentitiesByEmail(ctx context.Context, q database.Querier, email string) ([]Identity, error) {
	return many[Identity](ctx, q, "select row_to_json(i) from auth.identities i where email = $1", email)
}

// TakeFlow removes a flow by its id and returns it; nil when there is none, so that
// a browser comes back with each once.
func TakeFlow(ctx context.Context, q database.Querier, id string) (*FlowState, error) {
	return one[FlowState](ctx, q, "delete from auth.flow_state where id = $1 returning row_to_json(flow_state)", id)
}
