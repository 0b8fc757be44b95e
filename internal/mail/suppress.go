package mail

import (
	"context"
	"encoding/json"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Why nothing is sent to an address.
const (
	Bounce    = "bounce"    // the mailbox does not exist
	Complaint = "complaint" // its owner called a mail spam
	Manual    = "manual"
)

// maxDetail bounds what is kept of a reason, in bytes.
const maxDetail = 500

// suppress has nothing sent to an address any more. An earlier reason stays.
func (s store) suppress(ctx context.Context, key, reason, source, detail string) error {
	return database.Run(ctx, s, `INSERT INTO galley.mail_suppressions (address, reason, source, detail) VALUES ($1, $2, $3, $4)
		ON CONFLICT (address) DO NOTHING`, key, reason, source, orNull(clip(detail)))
}

// suppressed returns which of some addresses nothing is sent to.
func (s store) suppressed(ctx context.Context, keys []string) (map[string]bool, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fault.Internal(err)
	}
	rows, err := database.Records(ctx, s, `SELECT address FROM galley.mail_suppressions
		WHERE address IN (SELECT k FROM jsonb_array_elements_text($1::jsonb) AS k)`, string(list))
	out := map[string]bool{}
	for _, r := range rows {
		out[r.Text(0)] = true
	}
	return out, err
}
