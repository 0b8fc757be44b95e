package integer

import (
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// named gives the functions that are no operator.
func named() []*types.Function { return nil }
