package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Page is a part of a list: the first is 1.
type Page struct{ Number, Size int64 }

func (p Page) limit() string { return fmt.Sprintf(" limit %d offset %d", p.Size, (p.Number-1)*p.Size) }

// escape makes a pattern of LIKE that means a text as it is.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// Users lists a page of the users of an audience, by the time they were made, with
// identities and factors, and tells how many there are. filter is a part of their
// address or full_name, "" is none.
func Users(ctx context.Context, q database.Querier, aud, filter string, ascending bool, p Page) ([]*User, int64, error) {
	where, args := "u.aud = $1", []any{aud}
	if filter != "" {
		where += " and (u.email like $2 or u.raw_user_meta_data ->> 'full_name' ilike $2)"
		args = append(args, "%"+escape(filter)+"%")
	}
	rows, err := database.Records(ctx, q, "select count(*) from auth.users u where "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	total, order := rows[0].Int(0), " order by u.created_at desc, u.id"
	if ascending {
		order = " order by u.created_at, u.id"
	}
	if rows, err = database.Records(ctx, q, wholeUser+where+order+p.limit(), args...); err != nil {
		return nil, 0, err
	}
	out := make([]*User, len(rows))
	for i, r := range rows {
		if out[i], err = readUser(r); err != nil {
			return nil, 0, err
		}
	}
	return out, total, nil
}

// Logged is a row of auth.audit_log_entries.
type Logged struct {
	ID        string `json:"id"`
	Payload   Object `json:"payload"`
	CreatedAt Time   `json:"created_at"`
	IP        string `json:"ip_address"`
}

// AuditLog lists a page of the audit log, the newest first, and tells how many
// entries there are. Of those with keys one of the payload's keys holds text; keys
// are constants of the program.
func AuditLog(ctx context.Context, q database.Querier, keys []string, text string, p Page) ([]Logged, int64, error) {
	where, args := "true", []any{}
	if len(keys) > 0 && text != "" {
		var any []string
		for _, key := range keys {
			any = append(any, "a.payload ->> '"+key+"' ilike $1")
		}
		where, args = strings.Join(any, " or "), append(args, "%"+escape(text)+"%")
	}
	rows, err := database.Records(ctx, q, "select count(*) from auth.audit_log_entries a where "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	out, err := many[Logged](ctx, q, "select row_to_json(a) from auth.audit_log_entries a where "+where+
		" order by a.created_at desc, a.id"+p.limit(), args...)
	return out, rows[0].Int(0), err
}

// SoftDelete empties what is known of a user, of whom only the row stays: nobody
// signs in as them, and hide gives what the address, the number and the providers'
// ids become.
func SoftDelete(ctx context.Context, q database.Querier, u *User, now time.Time, hide func(string) string) error {
	hidden := func(s string) any {
		if s == "" {
			return nil
		}
		return hide(s)
	}
	phone := hidden(u.Phone)
	if s, ok := phone.(string); ok {
		phone = s[:min(len(s), 15)] // as long as a number may be
	}
	for _, statement := range []string{
		"delete from auth.one_time_tokens where user_id = $1", "delete from auth.sessions where user_id = $1",
		"delete from auth.mfa_factors where user_id = $1", "delete from auth.webauthn_credentials where user_id = $1",
		"delete from auth.flow_state where user_id = $1",
	} {
		if _, err := exec(ctx, q, statement, u.ID); err != nil {
			return err
		}
	}
	for _, i := range u.Identities {
		if err := UpdateIdentity(ctx, q, u, i.ID, now, Set("identity_data", Object{}), Set("provider_id", hide(i.ProviderID))); err != nil {
			return err
		}
	}
	u.Factors = nil
	return UpdateUser(ctx, q, u, now, Set("email", hidden(u.Email)), Set("phone", phone), Set("email_change", ""), Set("phone_change", ""),
		Set("encrypted_password", nil), Set("confirmation_token", ""), Set("recovery_token", ""), Set("email_change_token_current", ""),
		Set("email_change_token_new", ""), Set("phone_change_token", ""), Set("raw_user_meta_data", Object{}),
		Set("raw_app_meta_data", Object{}), Set("deleted_at", now))
}
