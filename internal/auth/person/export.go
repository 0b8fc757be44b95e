package person

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

func lower(text string) string { return strings.ToLower(text) }

// users is where everything begins.
var users = schema.Name{Schema: "auth", Name: "users"}

// userRow is the account as a row that others refer to. Its id and number are all
// that a foreign key can name.
func userRow(u *store.User) []json.RawMessage {
	fields := map[string]any{"id": u.ID}
	if u.Phone != "" {
		fields["phone"] = u.Phone
	}
	raw, _ := json.Marshal(fields) // it has a JSON form
	return []json.RawMessage{raw}
}

// Export reads everything about a person, in one state of the database. Nobody is
// P0002.
func (s *Service) Export(ctx context.Context, id string) (*Export, error) {
	g, err := readGraph(ctx, s.config.DB)
	if err != nil {
		return nil, err
	}
	var out *Export
	// A transaction of the embedded engine that only reads sees one state anyway.
	o := database.TxOptions{ReadOnly: true, Snapshot: s.config.DB.Engine() == "postgres"}
	err = database.InTx(ctx, s.config.DB, database.Session{}, o, func(tx database.Tx) error {
		who, err := s.find(ctx, tx, id)
		if err != nil {
			return err
		}
		if out, err = s.account(ctx, tx, who); err != nil {
			return err
		}
		w := walk{ctx: ctx, q: tx, graph: g, parts: true, seen: map[string]bool{}}
		if err := w.from(users, userRow(who.user), true); err != nil {
			return err
		}
		out.Tables = tables(w.found)
		return s.traces(ctx, tx, who, out)
	})
	return out, err
}

// tables are the rows that are the person's own, by table.
func tables(all []found) []Rows {
	out := []Rows{}
	for _, f := range all {
		if !f.own && f.rule != goes {
			continue // somebody else's
		}
		i := slices.IndexFunc(out, func(r Rows) bool { return r.Table == f.name() })
		if i < 0 {
			i, out = len(out), append(out, Rows{Table: f.name()})
		}
		out[i].Rows = appendNew(out[i].Rows, f)
	}
	slices.SortFunc(out, func(a, b Rows) int { return strings.Compare(a.Table, b.Table) })
	return out
}

// appendNew adds rows that are not there yet, as one may refer to the account twice.
func appendNew(to []json.RawMessage, f found) []json.RawMessage {
	if len(f.table.PrimaryKey) == 0 {
		return append(to, f.rows...)
	}
	there := make(map[string]bool, len(to))
	for _, r := range to {
		there[string(r)] = true
	}
	for _, r := range f.rows {
		if !there[string(r)] {
			to = append(to, r)
		}
	}
	return to
}

func (s *Service) account(ctx context.Context, q database.Querier, who subject) (*Export, error) {
	u := wire.UserOf(who.user)
	out := &Export{ExportedAt: s.config.Now().UTC(), Account: map[string][]any{"identities": {}, "factors": {}, "sessions": {}, "passkeys": {}}}
	for _, i := range u.Identities {
		out.Account["identities"] = append(out.Account["identities"], i)
	}
	for _, f := range u.Factors {
		out.Account["factors"] = append(out.Account["factors"], f)
	}
	u.Identities, u.Factors = nil, nil
	raw, err := json.Marshal(u)
	if err != nil {
		return nil, fault.Internal(err)
	}
	out.User = raw
	sessions, err := rowsOf(ctx, q, `select json_build_object('id', id, 'created_at', created_at, 'updated_at', updated_at, 'refreshed_at', refreshed_at,
		'not_after', not_after, 'aal', aal, 'user_agent', user_agent, 'ip', ip) from auth.sessions where user_id = $1 order by created_at, id`, who.user.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range sessions {
		out.Account["sessions"] = append(out.Account["sessions"], r)
	}
	passkeys, err := store.PasskeyItems(ctx, q, who.user.ID)
	for _, p := range passkeys {
		out.Account["passkeys"] = append(out.Account["passkeys"], p)
	}
	return out, err
}

// rowsOf reads rows that are JSON in their first column.
func rowsOf(ctx context.Context, q database.Querier, sql string, args ...any) ([]json.RawMessage, error) {
	records, err := database.Records(ctx, q, sql, args...)
	out := make([]json.RawMessage, 0, len(records))
	for _, r := range records {
		out = append(out, json.RawMessage(r.Text(0)))
	}
	return out, err
}
