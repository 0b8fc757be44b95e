package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/galleyhq/galley/internal/mail/message"
)

// How a connection to an SMTP server is encrypted.
const (
	StartTLS    = "starttls" // or nothing is sent
	ImplicitTLS = "implicit" // from the first byte (RFC 8314)
	MaybeTLS    = "opportunistic"
	NoTLS       = "none"
)

// SMTPConfig is a server to hand mails to.
type SMTPConfig struct {
	Host               string
	Port               int    // 587 by default, 465 with implicit TLS
	TLS                string // by the port by default
	Username, Password string
	Hello              string         // the name this side says; localhost by default
	Roots              *x509.CertPool // nil for the system's
}

// SMTP hands mails to a server by SMTP (RFC 5321), one connection for each.
type SMTP struct {
	config SMTPConfig
}

// NewSMTP returns a transport. It connects to nothing yet.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	if c.TLS == "" {
		c.TLS = StartTLS
		if c.Port == 465 {
			c.TLS = ImplicitTLS
		}
	}
	if c.Port == 0 {
		c.Port = 587
		if c.TLS == ImplicitTLS {
			c.Port = 465
		}
	}
	if c.Hello == "" {
		c.Hello = "localhost"
	}
	s := &SMTP{config: c}
	_, err := s.newClient(func(context.Context, string, string) (net.Conn, error) { return nil, nil })
	return s, err
}

func (s *SMTP) newClient(dial mail.DialContextFunc) (*mail.Client, error) {
	c := s.config
	policy := map[string]mail.TLSPolicy{StartTLS: mail.TLSMandatory, MaybeTLS: mail.TLSOpportunistic,
		ImplicitTLS: mail.NoTLS, NoTLS: mail.NoTLS}
	p, ok := policy[c.TLS]
	if !ok {
		return nil, fmt.Errorf("%q is no kind of encryption of SMTP", c.TLS)
	}
	options := []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(patience), mail.WithHELO(c.Hello), mail.WithTLSPolicy(p),
		mail.WithTLSConfig(s.tls()), mail.WithDialContextFunc(dial)}
	if c.Username != "" {
		// The password goes out in the clear to nobody: PLAIN and LOGIN refuse
		// themselves without TLS, but for a server on this machine.
		options = append(options, mail.WithUsername(c.Username), mail.WithPassword(c.Password), mail.WithOpportunisticSMTPAuth(
			mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
	}
	return mail.NewClient(c.Host, options...)
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.config.Host, MinVersion: tls.VersionTLS12, RootCAs: s.config.Roots}
}

// Name implements Transport.
func (s *SMTP) Name() string { return "smtp" }

// Send implements Transport. Recipients that the server refuses for good are left
// out; one that it may take later has the whole mail wait, so that nobody gets it
// twice.
func (s *SMTP) Send(ctx context.Context, m *message.Message) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, closing, err := s.connect(ctx)
	defer closing()
	if err != nil {
		return Receipt{}, s.failure(ctx, "connect", err)
	}
	out, err := s.transaction(ctx, client, m)
	if err == nil {
		_ = client.Quit() // the mail is theirs already
	}
	return out, err
}

// connect returns a connection that is encrypted and signed in. It is closed when
// ctx is done, so that whatever the library waits for ends then, and by closing,
// which is to be called even where there is an error.
func (s *SMTP) connect(ctx context.Context) (client *smtp.Client, closing func(), err error) {
	closing = func() {}
	c, err := s.newClient(func(dialing context.Context, network, address string) (conn net.Conn, err error) {
		dialer := net.Dialer{Timeout: dialTime}
		if s.config.TLS == ImplicitTLS {
			conn, err = (&tls.Dialer{NetDialer: &dialer, Config: s.tls()}).DialContext(dialing, network, address)
		} else {
			conn, err = dialer.DialContext(dialing, network, address)
		}
		if err == nil {
			forget := context.AfterFunc(ctx, func() { _ = conn.Close() })
			closing = func() { forget(); _ = conn.Close() }
		}
		return conn, err
	})
	if err == nil {
		client, err = c.DialToSMTPClientWithContext(ctx)
	}
	return client, closing, err
}

// dialTime bounds the making of a connection.
const dialTime = 20 * time.Second

func (s *SMTP) transaction(ctx context.Context, c *smtp.Client, m *message.Message) (Receipt, error) {
	if err := onlyASCII(c, m); err != nil {
		return Receipt{}, err
	}
	_ = c.UpdateDeadline(patience)
	if err := c.Mail(m.From.Path()); err != nil {
		return Receipt{}, s.failure(ctx, "MAIL FROM", err)
	}
	refused, err := s.recipients(ctx, c, m)
	if err != nil {
		return Receipt{}, err
	}
	w, err := c.Data()
	if err != nil {
		return Receipt{}, s.failure(ctx, "DATA", err)
	}
	if err := write(w, m); err != nil {
		return Receipt{}, s.failure(ctx, "DATA", err)
	}
	if err := w.Close(); err != nil {
		return Receipt{}, s.failure(ctx, "DATA", err)
	}
	return Receipt{ID: m.MessageID(), Refused: refused}, nil
}

// recipients names the recipients to the server.
func (s *SMTP) recipients(ctx context.Context, c *smtp.Client, m *message.Message) ([]Refused, error) {
	var refused []Refused
	all := m.Recipients()
	for _, a := range all {
		err := c.Rcpt(a.Path())
		said, answered := errors.AsType[*textproto.Error](err)
		switch {
		case err == nil:
		case answered && said.Code >= 500:
			refused = append(refused, Refused{Address: a.Address, Reason: s.said(err), Dead: deadMailbox(said)})
		default:
			return nil, s.failure(ctx, "RCPT TO", err)
		}
	}
	if len(refused) == len(all) {
		return nil, &Failure{Permanent: true, Refused: refused, Reason: errNoRecipients.Error() + ": " + refused[0].Reason}
	}
	return refused, nil
}

// onlyASCII refuses an address that the server could not take (RFC 6531).
func onlyASCII(c *smtp.Client, m *message.Message) error {
	if ok, _ := c.Extension("SMTPUTF8"); ok {
		return nil
	}
	if !slices.ContainsFunc(append(m.Recipients(), m.From), func(a message.Address) bool { return !a.ASCII() }) {
		return nil
	}
	return &Failure{Permanent: true, Reason: "an address is not in ASCII, and the server does not know SMTPUTF8"}
}

// enhanced is an enhanced status code (RFC 3463) at the start of an answer.
var enhanced = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)

// policy is words of answers that are about the sender, or about what was sent.
var policy = regexp.MustCompile(`(?i)relay|authent|polic|spam|block|denied|sender|blacklist|reject`)

// deadMailbox tells whether an answer to RCPT TO says that there is no such
// mailbox: an enhanced code of addressing status (5.1.x) or a disabled mailbox
// (5.2.1), or without one a code that means it, unless the words are about
// something else. A server that refuses to relay would otherwise suppress
// everybody.
func deadMailbox(said *textproto.Error) bool {
	if m := enhanced.FindStringSubmatch(said.Msg); m != nil {
		class, subject, detail := m[1], m[2], m[3]
		switch {
		case class != "5":
			return false
		case subject == "1": // 5.1.7 and 5.1.8 are the sender's address
			return detail != "7" && detail != "8"
		default:
			return subject == "2" && detail == "1"
		}
	}
	return (said.Code == 550 || said.Code == 551 || said.Code == 553) && !policy.MatchString(said.Msg)
}

// failure says what an error means for the next attempt. A server that refuses
// the password may take a corrected one, so that is tried again.
func (s *SMTP) failure(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	f := &Failure{Reason: step + ": " + s.said(err)}
	if said, ok := errors.AsType[*textproto.Error](err); ok && step != "connect" {
		f.Permanent = said.Code >= 500 && said.Code != 530 && said.Code != 535
	}
	return f
}

func (s *SMTP) said(err error) string {
	return hide(strings.TrimPrefix(err.Error(), "dial "), s.config.Password)
}
