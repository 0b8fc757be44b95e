package mail

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail/message"
	"github.com/galleyhq/galley/internal/mail/sms"
)

// Admin is the service role's API under /admin/v1/mail.
func (s *Service) Admin() http.Handler {
	return httpapi.ForService(map[string]httpapi.Handler{
		"GET /admin/v1/mail/messages":                  s.listMessages,
		"GET /admin/v1/mail/messages/{id}":             s.showMessage,
		"POST /admin/v1/mail/test":                     s.sendTest,
		"GET /admin/v1/mail/suppressions":              s.listSuppressions,
		"POST /admin/v1/mail/suppressions":             s.addSuppression,
		"DELETE /admin/v1/mail/suppressions/{address}": s.deleteSuppression,
	})
}

// maxPage bounds the rows of one answer.
const maxPage = 100

func page(r *http.Request) (limit, offset int64, err error) {
	limit = maxPage
	for name, to := range map[string]*int64{"limit": &limit, "offset": &offset} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		if *to, err = strconv.ParseInt(text, 10, 32); err != nil || *to < 0 {
			return 0, 0, fault.New(fault.InvalidParameter, "%s is no number", name)
		}
	}
	return min(limit, maxPage), offset, nil
}

// json writes the rows of a statement, each a JSON object.
func (s *Service) json(w http.ResponseWriter, r *http.Request, name, sql string, args ...any) error {
	limit, offset, err := page(r)
	if err != nil {
		return err
	}
	rows, err := database.Records(r.Context(), s.store, sql+` LIMIT `+strconv.FormatInt(limit, 10)+` OFFSET `+strconv.FormatInt(offset, 10), args...)
	if err != nil {
		return err
	}
	list := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		list[i] = json.RawMessage(row.Text(0))
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{name: list})
}

// messageJSON is a message as the API shows it: never its content.
const messageJSON = `SELECT json_build_object('id', m.id, 'channel', m.channel, 'state', m.state, 'subject', m.subject,
	'template', m.template, 'transport', m.transport, 'transport_id', m.transport_id, 'detail', m.detail,
	'created_at', m.created_at, 'done_at', m.done_at, 'job', m.job, 'job_state', j.state, 'attempt', j.attempt, 'next_attempt_at',
	CASE WHEN j.state IN ('retryable', 'scheduled') THEN j.run_at END,
	'recipients', (SELECT json_agg(r.address) FROM galley.mail_recipients r WHERE r.message = m.id))
	FROM galley.mail_messages m LEFT JOIN galley.jobs j ON j.id = m.job`

func (s *Service) listMessages(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return s.json(w, r, "messages", messageJSON+` WHERE ($1::text = '' OR m.state = $1::text) AND ($2::text = '' OR m.channel = $2::text)
		AND ($3::text = '' OR m.id IN (SELECT message FROM galley.mail_recipients WHERE address = $3::text))
		ORDER BY m.created_at DESC, m.id`, q.Get("state"), q.Get("channel"), anyKey(q.Get("to")))
}

func (s *Service) showMessage(w http.ResponseWriter, r *http.Request) error {
	rows, err := database.Records(r.Context(), s.store, messageJSON+` WHERE m.id = $1::uuid`, r.PathValue("id"))
	if err != nil && fault.Code(err) != fault.InvalidText {
		return err
	}
	if len(rows) == 0 {
		return fault.New(fault.UndefinedObject, "there is no such message").WithStatus(http.StatusNotFound)
	}
	return httpapi.WriteJSON(w, http.StatusOK, json.RawMessage(rows[0].Text(0)))
}

// anyKey is the key of an address or a telephone number, as it is given if it is
// neither.
func anyKey(s string) string {
	if key, err := message.Key(s); err == nil {
		return key
	}
	if number, err := sms.Number(s); err == nil {
		return number
	}
	return s
}

func read(r *http.Request, v any) error {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return err
	}
	return decode(body, v)
}

// sendTest has a test message sent: {"to": "…", "template", "language"}, or with
// "channel": "sms" to a telephone number.
func (s *Service) sendTest(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		To       string `json:"to"`
		Channel  string `json:"channel"`
		Template string `json:"template"`
		Language List   `json:"language"`
	}
	if err := read(r, &in); err != nil {
		return err
	}
	var id string
	err := database.InTx(r.Context(), s.config.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) (err error) {
		if in.Channel == SMSKind {
			id, err = s.SendSMS(r.Context(), tx, SMS{To: in.To, Text: "A test message of " + s.config.SiteURL, ExpiresAt: time.Now().Add(time.Hour)})
			return err
		}
		if in.Template == "" {
			in.Template = "test"
		}
		id, err = s.Send(r.Context(), tx, Request{To: List{in.To}, Template: in.Template, Language: in.Language, ExpiresAt: time.Now().Add(time.Hour)})
		return err
	})
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusAccepted, map[string]string{"id": id})
}

func (s *Service) listSuppressions(w http.ResponseWriter, r *http.Request) error {
	return s.json(w, r, "suppressions", `SELECT json_build_object('address', address, 'reason', reason, 'source', source,
		'detail', detail, 'created_at', created_at) FROM galley.mail_suppressions
		WHERE ($1::text = '' OR address = $1::text) ORDER BY created_at DESC, address`, anyKey(r.URL.Query().Get("address")))
}

func (s *Service) addSuppression(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Address string `json:"address"`
		Detail  string `json:"detail"`
	}
	if err := read(r, &in); err != nil {
		return err
	}
	key, err := message.Key(in.Address)
	if err != nil {
		var bad error
		if key, bad = sms.Number(in.Address); bad != nil {
			return err
		}
	}
	if err := s.store.suppress(r.Context(), key, Manual, "admin", in.Detail); err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusCreated, map[string]string{"address": key})
}

func (s *Service) deleteSuppression(w http.ResponseWriter, r *http.Request) error {
	rows, err := database.Records(r.Context(), s.store, `DELETE FROM galley.mail_suppressions WHERE address = $1 RETURNING address`, anyKey(r.PathValue("address")))
	switch {
	case err != nil:
		return err
	case len(rows) == 0:
		return fault.New(fault.UndefinedObject, "this address is not suppressed").WithStatus(http.StatusNotFound)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
