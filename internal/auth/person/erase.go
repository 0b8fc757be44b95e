package person

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// errUndo ends a transaction that was only to show what would happen.
var errUndo = errors.New("undo")

// Erase deletes a person, in one transaction. With rows in the way it does nothing,
// and the report tells them; nobody is P0002.
func (s *Service) Erase(ctx context.Context, id string, o Options) (*Report, error) {
	g, err := readGraph(ctx, s.config.DB)
	if err != nil {
		return nil, err
	}
	var out *Report
	err = database.InTx(ctx, s.config.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		if _, err := store.LockUser(ctx, tx, id); err != nil {
			return err
		}
		who, err := s.find(ctx, tx, id)
		if err != nil {
			return err
		}
		out = &Report{Pseudonym: s.Pseudonym(who.user.ID), DryRun: o.DryRun, Deleted: []Count{}, Detached: []Count{}, Blocking: []Count{}, Running: []int64{}}
		w := walk{ctx: ctx, q: tx, graph: g, cascade: o.Cascade, seen: map[string]bool{}}
		if err := w.from(users, userRow(who.user), true); err != nil {
			return err
		}
		out.count(w.found, o.Cascade)
		if len(out.Blocking) > 0 {
			return errUndo
		}
		if err := s.delete(ctx, tx, who, w.found, o, out); err != nil {
			return err
		}
		if o.DryRun {
			return errUndo
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) {
		return nil, err
	}
	return out, nil
}

// count tells what becomes of the rows that were found. A row that goes by one
// foreign key stands in the way by no other.
func (r *Report) count(all []found, cascade bool) {
	gone := map[string]bool{}
	for _, f := range all {
		if f.rule == goes || f.rule == blocks && cascade {
			r.Deleted = add(r.Deleted, f, f.rows, "")
			for _, row := range f.rows {
				gone[f.name()+string(row)] = true
			}
		}
	}
	for _, f := range all {
		left := slices.DeleteFunc(slices.Clone(f.rows), func(row json.RawMessage) bool { return gone[f.name()+string(row)] })
		switch {
		case len(left) == 0:
		case f.rule == stays:
			r.Detached = add(r.Detached, f, left, f.key.Name)
		case f.rule == blocks && !cascade:
			r.Blocking = add(r.Blocking, f, left, f.key.Name)
		}
	}
}

func add(to []Count, f found, rows []json.RawMessage, constraint string) []Count {
	i := slices.IndexFunc(to, func(c Count) bool { return c.Table == f.name() && c.Constraint == constraint })
	if i < 0 {
		i, to = len(to), append(to, Count{f.name(), constraint, 0})
	}
	to[i].Rows += int64(len(rows))
	return to
}

// delete deletes what stands in the way, the account, and what else names the
// person.
func (s *Service) delete(ctx context.Context, tx database.Tx, who subject, all []found, o Options, out *Report) error {
	for _, f := range slices.Backward(all) { // what refers to a row goes before it
		if f.rule != blocks {
			continue
		}
		if err := f.take(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := database.Records(ctx, tx, "delete from auth.flow_state where user_id = $1", who.user.ID); err != nil {
		return err
	}
	if err := store.DeleteUser(ctx, tx, who.user.ID); err != nil {
		return inTheWay(err)
	}
	out.Deleted = append(out.Deleted, Count{"auth.users", "", 1})
	if err := s.deleteMessages(ctx, tx, who, out); err != nil {
		return err
	}
	if err := s.deleteJobs(ctx, tx, who, out); err != nil {
		return err
	}
	if err := s.pseudonymize(ctx, tx, who, out); err != nil {
		return err
	}
	return store.Audit(ctx, tx, o.Actor, store.Entry{Action: store.UserErased, IP: o.IP, Traits: store.Object{"user_id": out.Pseudonym}}, s.config.Now().UTC())
}

// inTheWay tells a foreign key that came between, or that is not the project's.
func inTheWay(err error) error {
	if fault.Code(err) != fault.ForeignKeyViolation {
		return err
	}
	return fault.New(fault.ForeignKeyViolation, "rows that were written meanwhile refer to the person's").WithDetail("%v", err).WithHint("Try again.")
}

// deleted runs a statement that deletes and gives the ids, and counts.
func deleted(ctx context.Context, tx database.Tx, out *Report, table, sql string, args ...any) ([]database.Record, error) {
	rows, err := database.Records(ctx, tx, sql, args...)
	if err == nil && len(rows) > 0 {
		out.Deleted = append(out.Deleted, Count{table, "", int64(len(rows))})
	}
	return rows, err
}

// deleteMessages deletes mail and SMS to the person. One that others got as well
// stays for them.
func (s *Service) deleteMessages(ctx context.Context, tx database.Tx, who subject, out *Report) error {
	in, args := places(who.addresses(), 1)
	if len(args) == 0 {
		return nil
	}
	of, err := deleted(ctx, tx, out, "galley.mail_recipients", "delete from galley.mail_recipients where address in ("+in+") returning message::text", args...)
	if err != nil {
		return err
	}
	var gone []database.Record
	for _, m := range of {
		rows, err := database.Records(ctx, tx, `delete from galley.mail_messages where id = $1
			and not exists (select 1 from galley.mail_recipients r where r.message = $1) returning job`, m.Text(0))
		if err != nil {
			return err
		}
		gone = append(gone, rows...)
	}
	if len(gone) > 0 {
		out.Deleted = append(out.Deleted, Count{"galley.mail_messages", "", int64(len(gone))})
	}
	for _, m := range gone {
		if m[0] == nil {
			continue
		}
		if _, err := deleted(ctx, tx, out, "galley.jobs", "delete from galley.jobs where id = $1 and state <> 'running' returning id", m.Text(0)); err != nil {
			return err
		}
	}
	if _, err := deleted(ctx, tx, out, "galley.mail_suppressions", "delete from galley.mail_suppressions where address in ("+in+") returning address", args...); err != nil {
		return err
	}
	for _, id := range who.inboxIDs(ctx, tx, &err) {
		if _, err := deleted(ctx, tx, out, "galley.mail_inbox", "delete from galley.mail_inbox where id = $1 returning id", id); err != nil {
			return err
		}
	}
	return err
}

// deleteJobs deletes jobs that name the person. Those that run end by themselves.
func (s *Service) deleteJobs(ctx context.Context, tx database.Tx, who subject, out *Report) error {
	jobs, err := who.mentions(ctx, tx, jobTexts())
	if err != nil {
		return err
	}
	n := int64(0)
	for _, j := range jobs {
		rows, err := database.Records(ctx, tx, "delete from galley.jobs where id = $1 and state <> 'running' returning id", j.id)
		if err != nil {
			return err
		}
		n += int64(len(rows))
		if len(rows) == 0 {
			id, _ := strconv.ParseInt(j.id, 10, 64) // it is one
			out.Running = append(out.Running, id)
		}
	}
	if n > 0 {
		out.Deleted = append(out.Deleted, Count{"galley.jobs", "", n})
	}
	return nil
}

// pseudonymize rewrites the entries of the audit log that name the person.
func (s *Service) pseudonymize(ctx context.Context, tx database.Tx, who subject, out *Report) error {
	entries, err := who.mentions(ctx, tx, auditTexts())
	if err != nil {
		return err
	}
	for _, e := range entries {
		var payload map[string]any
		if err := json.Unmarshal([]byte(e.text), &payload); err != nil {
			return fault.Internal(err)
		}
		address := e.more
		if id, _ := payload["actor_id"].(string); lower(id) == lower(who.user.ID) {
			delete(payload, "actor_name")
			address = ""
		}
		raw, err := json.Marshal(who.hide(payload, out.Pseudonym))
		if err != nil {
			return fault.Internal(err)
		}
		if _, err := database.Records(ctx, tx, "update auth.audit_log_entries set payload = $2::json, ip_address = $3 where id = $1", e.id, string(raw), address); err != nil {
			return err
		}
		out.Audit++
	}
	return nil
}

// hide puts the pseudonym where a text is, or holds, what the person is known by.
func (s subject) hide(v any, pseudonym string) any {
	switch v := v.(type) {
	case string:
		if lower(v) == s.needles[0] {
			return pseudonym
		}
		if s.named(v) {
			return "erased-" + pseudonym[:strings.IndexByte(pseudonym, '-')]
		}
	case map[string]any:
		for key := range v {
			v[key] = s.hide(v[key], pseudonym)
		}
	case []any:
		for i := range v {
			v[i] = s.hide(v[i], pseudonym)
		}
	}
	return v
}
