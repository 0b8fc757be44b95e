package mail

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/mail/message"
)

// Check tells what is wrong with a request, a JSON object as SQL enqueues it.
func (s *Service) Check(request json.RawMessage) error {
	var r Request
	if err := decode(request, &r); err != nil {
		return err
	}
	_, err := s.message(newID(), r)
	return err
}

// Attach has a request, a JSON object, sent with a file, in a transaction of its
// own. It is sent once only for a key, as long as the message is kept: who calls
// again gets the id of the first.
func (s *Service) Attach(ctx context.Context, key string, request json.RawMessage, name, mediaType string, content []byte) (id string, err error) {
	var r Request
	if err := decode(request, &r); err != nil {
		return "", err
	}
	r.Attachments = append(r.Attachments, message.Attachment{Name: name, Type: mediaType, Content: content})
	hash := sha256.Sum256([]byte(key))
	id = uuid([16]byte(hash[:16]))
	return id, database.InTx(ctx, s.config.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		sent, err := database.Records(ctx, tx, "SELECT FROM galley.mail_messages WHERE id = $1", id)
		if err != nil || len(sent) > 0 {
			return err
		}
		return s.send(ctx, tx, id, r)
	})
}
