package datetime

import (
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
)

// inAt is Type.InAt of a type.
func inAt(oid types.OID) func(text string, mod int32, at time.Time) (sqlite.Value, error) {
	return func(text string, mod int32, at time.Time) (sqlite.Value, error) {
		v, _, err := InAt(oid, text, mod, at)
		return v, err
	}
}

// InAt reads a text as Type.In does, and also the words now, today, tomorrow and
// yesterday, which refer to the time at: that of the transaction. What it reads
// must not outlive the transaction in a cached plan. False means that the type
// knows no such words; Type.In refuses them.
func InAt(oid types.OID, text string, mod int32, at time.Time) (v sqlite.Value, ok bool, err error) {
	clock := func() civil.Timestamp { return civil.FromTime(at) }
	switch oid {
	case types.Timestamptz:
		v, err = storeTimestamptz(civil.ParseTimestamptz(text, mod, clock))
	case Timestamp:
		v, err = storeTimestamp(civil.ParseTimestamp(text, mod, clock))
	case Date:
		v, err = storeDate(civil.ParseDate(text, clock))
	case Time:
		v, err = storeTime(civil.ParseTime(text, mod, clock))
	case TimeTZ:
		v, err = storeTimeTZ(civil.ParseZonedTime(text, mod, clock))
	default:
		return sqlite.Null, false, nil
	}
	return v, true, err
}
