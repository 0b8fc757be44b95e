package person

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/database"
)

// places writes $n, $n+1, … for texts.
func places(texts []string, first int) (string, []any) {
	var b strings.Builder
	args := make([]any, len(texts))
	for i, t := range texts {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
		args[i] = t
	}
	return b.String(), args
}

// traces reads what mail, jobs and the audit log have of a person.
func (s *Service) traces(ctx context.Context, q database.Querier, who subject, out *Export) (err error) {
	if in, args := places(who.addresses(), 1); len(args) > 0 {
		if out.Messages, err = rowsOf(ctx, q, `select json_build_object('id', m.id, 'to', r.address, 'channel', m.channel, 'state', m.state, 'subject', m.subject,
			'template', m.template, 'content', m.content, 'detail', m.detail, 'created_at', m.created_at, 'done_at', m.done_at)
			from galley.mail_recipients r join galley.mail_messages m on m.id = r.message where r.address in (`+in+`) order by m.created_at, m.id`, args...); err != nil {
			return err
		}
		if out.Suppressed, err = rowsOf(ctx, q, `select row_to_json(s) from galley.mail_suppressions s where s.address in (`+in+`) order by s.address`, args...); err != nil {
			return err
		}
	}
	for _, id := range who.inboxIDs(ctx, q, &err) {
		one, err := rowsOf(ctx, q, "select row_to_json(i) from galley.mail_inbox i where id = $1", id)
		if err != nil {
			return err
		}
		out.Inbox = append(out.Inbox, one...)
	}
	if err != nil {
		return err
	}
	jobs, err := who.mentions(ctx, q, jobTexts())
	if err != nil {
		return err
	}
	for _, j := range jobs {
		one, err := rowsOf(ctx, q, `select json_build_object('id', id, 'queue', queue, 'kind', kind, 'state', state, 'created_at', created_at, 'finished_at', finished_at)
			from galley.jobs where id = $1`, j.id)
		if err != nil {
			return err
		}
		out.Jobs = append(out.Jobs, one...)
	}
	entries, err := who.mentions(ctx, q, auditTexts())
	for _, e := range entries {
		raw, _ := json.Marshal(map[string]any{"id": e.id, "created_at": e.extra, "ip_address": e.more, "payload": json.RawMessage(e.text)})
		out.Audit = append(out.Audit, raw)
	}
	return err
}

// inboxIDs are those of messages of the inbox of development to the person.
func (s subject) inboxIDs(ctx context.Context, q database.Querier, err *error) []string {
	var out []string
	for _, a := range s.addresses() {
		rows, e := database.Records(ctx, q, "select id::text from galley.mail_inbox where $1 = any(recipients) order by id", a)
		if e != nil {
			*err = e
			return nil
		}
		for _, r := range rows {
			out = append(out, r.Text(0))
		}
	}
	return out
}

// texts are rows in which people may be named: text is the expression to look in,
// and more are two further columns.
type texts struct{ table, text, more, order string }

func jobTexts() texts {
	return texts{"galley.jobs", "payload::text || ' ' || coalesce(result::text, '') || ' ' || errors::text || ' ' || coalesce(note, '') || ' ' || coalesce(unique_key, '')",
		"state, ''", "id"}
}

func auditTexts() texts {
	return texts{"auth.audit_log_entries", "payload::text", "created_at::text, ip_address", "created_at, id"}
}

// mention is a row that names a person.
type mention struct{ id, text, extra, more string }

// mentions finds the rows that name a person: the database those that hold what
// they are known by, and here those that hold it as a whole.
func (s subject) mentions(ctx context.Context, q database.Querier, from texts) ([]mention, error) {
	holds, args := make([]string, len(s.needles)), make([]any, len(s.needles))
	for i, n := range s.needles {
		holds[i], args[i] = fmt.Sprintf("strpos(lower(%s), $%d) > 0", from.text, i+1), n
	}
	rows, err := database.Records(ctx, q, fmt.Sprintf("select id::text, %s, %s from %s where %s order by %s limit %d",
		from.text, from.more, from.table, strings.Join(holds, " or "), from.order, maxRows+1), args...)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxRows {
		return nil, tooMuch()
	}
	var out []mention
	for _, r := range rows {
		if s.named(r.Text(1)) {
			out = append(out, mention{r.Text(0), r.Text(1), r.Text(2), r.Text(3)})
		}
	}
	return out, nil
}

// named tells whether a text names the person by a whole word: bob@example.org is
// not in jacob@example.org.
func (s subject) named(text string) bool {
	text = lower(text)
	for _, n := range s.needles {
		for at, rest := 0, text; ; {
			i := strings.Index(rest, n)
			if i < 0 {
				break
			}
			at += i
			if !inWord(text, at-1) && !inWord(text, at+len(n)) {
				return true
			}
			at++
			rest = text[at:]
		}
	}
	return false
}

// inWord tells whether the byte at a place could go on an address or a number.
func inWord(text string, at int) bool {
	if at < 0 || at >= len(text) {
		return false
	}
	b := text[at]
	if b == '.' || b == '-' || b == '+' { // at the end of a sentence, or before a number, it does not
		return at+1 < len(text) && alphanumeric(text[at+1]) && at > 0 && alphanumeric(text[at-1])
	}
	return alphanumeric(b) || b == '_' || b >= 0x80
}

func alphanumeric(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' }
