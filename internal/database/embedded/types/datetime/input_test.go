package datetime_test

import (
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime"
	"github.com/galleyhq/galley/internal/fault"
)

// TestInAt reads the words that depend on the transaction; Type.In refuses them.
func TestInAt(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 34, 56, 789_012_999, time.UTC)
	for _, test := range []struct {
		oid        types.OID
		text, want string
	}{
		{types.Timestamptz, "now", "2026-03-01T12:34:56.789012+00:00"},
		{types.Timestamptz, "today", "2026-03-01T00:00:00+00:00"},
		{types.Timestamptz, "yesterday 10:00", "2026-02-28T10:00:00+00:00"},
		{types.Timestamptz, "tomorrow 10:00+02", "2026-03-02T08:00:00+00:00"},
		{datetime.Timestamp, "TOMORROW", "2026-03-02T00:00:00"},
		{datetime.Date, "yesterday", "2026-02-28"},
		{datetime.Date, "now", "2026-03-01"},
		{datetime.Time, "now", "12:34:56.789012"},
	} {
		v, ok, err := datetime.InAt(test.oid, test.text, -1, at)
		if err != nil || !ok || v.Text() != test.want {
			t.Errorf("%q: %q, %v, %v; want %q", test.text, v.Text(), ok, err, test.want)
		}
	}
	for _, typ := range datetime.Family().Types {
		if typ.OID == datetime.Interval {
			continue
		}
		if _, err := typ.In("now", -1); fault.Code(err) != fault.FeatureNotSupported {
			t.Errorf("%s reads now without a time: %v", typ.Name, err)
		}
	}
}
