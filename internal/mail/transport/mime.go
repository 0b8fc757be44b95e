package transport

import (
	"bytes"
	"io"
	netmail "net/mail"
	"strings"

	mail "github.com/wneessen/go-mail"

	"github.com/galleyhq/galley/internal/mail/message"
)

// compose makes the MIME form of a mail (RFC 5322, RFC 2045). Recipients in Bcc
// are not in it.
func compose(m *message.Message) *mail.Msg {
	out := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	out.FromMailAddress(netAddress(m.From))
	out.ToMailAddress(netAddresses(m.To)...)
	out.CcMailAddress(netAddresses(m.Cc)...)
	if len(m.ReplyTo) > 0 {
		out.ReplyToMailAddress(netAddresses(m.ReplyTo)...)
	}
	out.Subject(m.Subject)
	out.SetMessageIDWithValue(strings.Trim(m.MessageID(), "<>"))
	for _, h := range m.Headers {
		out.SetGenHeader(mail.Header(h.Name), h.Value)
	}
	switch {
	case m.HTML == "":
		out.SetBodyString(mail.TypeTextPlain, m.Text)
	case m.Text == "":
		out.SetBodyString(mail.TypeTextHTML, m.HTML)
	default:
		out.SetBodyString(mail.TypeTextPlain, m.Text)
		out.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		out.AttachReadSeeker(a.Name, bytes.NewReader(a.Content), mail.WithFileContentType(mail.ContentType(a.Type)))
	}
	return out
}

// write writes the MIME form of a mail.
func write(w io.Writer, m *message.Message) error {
	_, err := compose(m).WriteTo(w)
	return err
}

// MIME is a mail as it goes over the wire.
func MIME(m *message.Message) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b, m)
	return b.Bytes(), err
}

func netAddress(a message.Address) *netmail.Address {
	return &netmail.Address{Name: a.Name, Address: a.Address}
}

func netAddresses(list []message.Address) []*netmail.Address {
	out := make([]*netmail.Address, len(list))
	for i, a := range list {
		out[i] = netAddress(a)
	}
	return out
}
