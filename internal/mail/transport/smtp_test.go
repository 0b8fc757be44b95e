package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/mail/message"
)

// server is aiosmtpd, in a process of its own.
type server struct {
	port   int
	roots  *x509.CertPool
	events chan event
}

type event struct {
	Event      string
	Port       int // of the server that is ready
	Sender     string
	Recipients []string
	TLS        bool
	User       string
	Data       []byte
}

// python is the interpreter that has aiosmtpd (Debian: python3-aiosmtpd), "" if none.
func python() string {
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import aiosmtpd").Run() == nil {
			return name
		}
	}
	return ""
}

// serve starts the server with options of testdata/smtpd.py.
func serve(t *testing.T, options map[string]any) *server {
	t.Helper()
	interpreter := python()
	if interpreter == "" {
		const missing = "aiosmtpd is not installed (Debian: apt-get install python3-aiosmtpd)"
		if os.Getenv("GALLEY_TEST_REQUIRE_SMTP") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	cert, key, roots := certificate(t)
	s := &server{roots: roots, events: make(chan event, 100)}
	options["cert"], options["key"] = cert, key
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(interpreter, "testdata/smtpd.py", string(text))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	go s.read(stdout)
	e := s.next(t)
	if s.port = e.Port; e.Event != "ready" || s.port == 0 {
		t.Fatalf("the server did not start: %s", stderr.String())
	}
	return s
}

func (s *server) read(r io.Reader) {
	defer close(s.events)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 32<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			s.events <- e
		}
	}
}

func (s *server) next(t *testing.T) event {
	t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(90 * time.Second):
		t.Fatal("the server said nothing")
	}
	panic("unreachable")
}

// none fails if the server took a mail.
func (s *server) none(t *testing.T) {
	t.Helper()
	select {
	case e := <-s.events:
		t.Errorf("the server took a mail to %v", e.Recipients)
	default:
	}
}

// certificate makes one for localhost, and the pool that trusts it.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for path, text := range map[string][]byte{cert: certPEM, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return cert, key, roots
}

func (s *server) transport(t *testing.T, change func(*SMTPConfig)) *SMTP {
	t.Helper()
	c := SMTPConfig{Host: "127.0.0.1", Port: s.port, TLS: StartTLS, Roots: s.roots}
	if change != nil {
		change(&c)
	}
	out, err := NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func address(t testing.TB, text string) message.Address {
	t.Helper()
	a, err := message.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func letter(t testing.TB, to ...string) *message.Message {
	t.Helper()
	m := &message.Message{ID: "6f2d8c1e-0000-4000-8000-000000000001", From: address(t, `"Galley Örtlich" <app@example.org>`),
		ReplyTo: []message.Address{address(t, "help@example.org")}, Subject: "Grüße: " + strings.Repeat("a long subject ", 10),
		Text: "Hallo Ada,\n.\n..zwei Punkte\nÄÖÜ €\n", HTML: "<p>Hallo Ada, <b>ÄÖÜ €</b></p>" + strings.Repeat("x", 2000),
		Headers:     []message.Header{{Name: "List-Unsubscribe", Value: "<https://example.org/u>"}},
		Attachments: []message.Attachment{{Name: "bericht ä.csv", Type: "text/csv", Content: []byte("a,b\r\n1,2\r\n")}}}
	for i, a := range to {
		if i == 0 {
			m.To = append(m.To, address(t, a))
		} else {
			m.Bcc = append(m.Bcc, address(t, a))
		}
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSMTPStartTLSAndAuth(t *testing.T) {
	s := serve(t, map[string]any{"starttls": true, "auth": true})
	signedIn := func(c *SMTPConfig) { c.Username, c.Password = "app", "correct horse" }
	m := letter(t, "Ada Lovelace <ada@example.org>", "bcc@example.org")
	receipt, err := s.transport(t, signedIn).Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	e := s.next(t)
	if receipt.ID != "<6f2d8c1e-0000-4000-8000-000000000001@example.org>" || !e.TLS || e.User != "app" || e.Sender != "app@example.org" ||
		!slices.Equal(e.Recipients, []string{"ada@example.org", "bcc@example.org"}) {
		t.Errorf("%+v %+v", receipt, e)
	}
	checkLetter(t, m, e.Data)

	_, err = s.transport(t, func(c *SMTPConfig) { c.Username, c.Password = "app", "wrong password" }).Send(t.Context(), m)
	if f, ok := errors.AsType[*Failure](err); !ok || f.Permanent || strings.Contains(err.Error(), "wrong password") || !strings.Contains(err.Error(), "535") {
		t.Errorf("a wrong password: %v", err)
	}
	_, err = s.transport(t, nil).Send(t.Context(), m)
	if f, ok := errors.AsType[*Failure](err); !ok || f.Permanent || !strings.Contains(err.Error(), "530") {
		t.Errorf("no password: %v", err)
	}
	_, err = s.transport(t, func(c *SMTPConfig) { signedIn(c); c.Roots = x509.NewCertPool() }).Send(t.Context(), m)
	if f, ok := errors.AsType[*Failure](err); !ok || f.Permanent || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server nobody trusts: %v", err)
	}
	_, err = s.transport(t, func(c *SMTPConfig) { signedIn(c); c.TLS = NoTLS }).Send(t.Context(), m)
	if err == nil {
		t.Error("it was sent in the clear")
	}
	s.none(t)
}

// checkLetter reads a mail as its recipient does.
func checkLetter(t *testing.T, m *message.Message, data []byte) {
	t.Helper()
	got, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	words := new(mime.WordDecoder)
	subject, err := words.DecodeHeader(got.Header.Get("Subject"))
	if err != nil || strings.Join(strings.Fields(subject), " ") != strings.TrimSpace(m.Subject) {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := got.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != m.From.Name || from[0].Address != m.From.Address {
		t.Errorf("from %v, %v", from, err)
	}
	for name, want := range map[string]int{"Message-Id": 1, "Date": 1, "Mime-Version": 1, "Bcc": 0, "List-Unsubscribe": 1, "Reply-To": 1, "To": 1} {
		if n := len(got.Header[name]); n != want {
			t.Errorf("%d headers %s: %v", n, name, got.Header[name])
		}
	}
	parts := map[string]string{}
	readParts(t, got.Header.Get("Content-Type"), got.Body, parts)
	if text := strings.ReplaceAll(parts["text/plain"], "\r\n", "\n"); text != m.Text {
		t.Errorf("text %q", text)
	}
	if parts["text/html"] != m.HTML || parts["text/csv"] != "a,b\r\n1,2\r\n" {
		t.Errorf("html %q, attachment %q", parts["text/html"], parts["text/csv"])
	}
}

func readParts(t *testing.T, contentType string, r io.Reader, out map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	for reader := multipart.NewReader(r, params["boundary"]); ; {
		p, err := reader.NextPart() // undoes quoted-printable
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if inner := p.Header.Get("Content-Type"); strings.HasPrefix(inner, "multipart/") {
			readParts(t, inner, p, out)
			continue
		}
		raw, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			raw = unbase64(t, raw)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		out[kind] = string(raw)
	}
}

func TestSMTPTLSKinds(t *testing.T) {
	m := letter(t, "ada@example.org")
	implicit := serve(t, map[string]any{"implicit": true, "auth": true})
	if _, err := implicit.transport(t, func(c *SMTPConfig) { c.TLS, c.Username, c.Password = ImplicitTLS, "app", "correct horse" }).Send(t.Context(), m); err != nil {
		t.Errorf("implicit TLS: %v", err)
	} else if e := implicit.next(t); !e.TLS {
		t.Errorf("%+v", e)
	}
	plain := serve(t, map[string]any{"auth": true, "clearauth": true})
	_, err := plain.transport(t, nil).Send(t.Context(), m)
	if err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("a server that has no STARTTLS: %v", err)
	}
	_, err = plain.transport(t, func(c *SMTPConfig) {
		c.TLS, c.Host, c.Username, c.Password = NoTLS, "127.0.0.1.nip.invalid", "app", "x"
	}).Send(t.Context(), m)
	if f, ok := errors.AsType[*Failure](err); !ok || f.Permanent {
		t.Errorf("no such server: %v", err)
	}
	plain.none(t)
	for _, kind := range []string{NoTLS, MaybeTLS} { // to this machine a password may go in the clear
		_, err = plain.transport(t, func(c *SMTPConfig) { c.TLS, c.Username, c.Password = kind, "app", "correct horse" }).Send(t.Context(), m)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		} else if e := plain.next(t); e.TLS {
			t.Errorf("%+v", e)
		}
	}
	if _, err := NewSMTP(SMTPConfig{Host: "x", TLS: "rot13"}); err == nil {
		t.Error("rot13 is a kind of encryption")
	}
}

// TestSMTPRefusals: which answers end a mail, which a mailbox, and which nothing.
func TestSMTPRefusals(t *testing.T) {
	s := serve(t, map[string]any{"starttls": true})
	by := s.transport(t, nil)
	for name, c := range map[string]struct {
		to        []string
		permanent bool
		refused   map[string]bool // address to whether it is dead; sent to the others
	}{
		"no such user":          {[]string{"gone@example.org"}, true, map[string]bool{"gone@example.org": true}},
		"no such user, old":     {[]string{"old@example.org"}, true, map[string]bool{"old@example.org": true}},
		"relaying":              {[]string{"relay@example.org"}, true, map[string]bool{"relay@example.org": false}},
		"policy":                {[]string{"policy@example.org"}, true, map[string]bool{"policy@example.org": false}},
		"full":                  {[]string{"full@example.org"}, false, nil},
		"one is gone":           {[]string{"ada@example.org", "gone@example.org"}, false, map[string]bool{"gone@example.org": true}},
		"one is full":           {[]string{"ada@example.org", "full@example.org"}, false, nil},
		"greylisted":            {[]string{"later@example.org"}, false, nil},
		"the mail is not liked": {[]string{"never@example.org"}, true, nil},
	} {
		receipt, err := by.Send(t.Context(), letter(t, c.to...))
		f, failed := errors.AsType[*Failure](err)
		refused := receipt.Refused
		if failed {
			refused = f.Refused
		} else if e := s.next(t); err != nil || len(e.Recipients)+len(c.refused) != len(c.to) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if partly := len(c.refused) > 0 && len(c.refused) < len(c.to); failed == partly || failed && f.Permanent != c.permanent || len(refused) != len(c.refused) {
			t.Errorf("%s: %+v, %v", name, receipt, err)
		}
		for _, r := range refused {
			if dead, ok := c.refused[r.Address]; !ok || dead != r.Dead {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
	s.none(t)
}

// TestSMTPNonASCII: a local part outside of ASCII needs a server that takes it; a
// domain does not.
func TestSMTPNonASCII(t *testing.T) {
	plain, utf8 := serve(t, map[string]any{"starttls": true}), serve(t, map[string]any{"starttls": true, "utf8": true})
	if _, err := plain.transport(t, nil).Send(t.Context(), letter(t, "ada@bücher.example")); err != nil {
		t.Fatal(err)
	}
	if e := plain.next(t); e.Recipients[0] != "ada@xn--bcher-kva.example" {
		t.Errorf("%+v", e)
	}
	_, err := plain.transport(t, nil).Send(t.Context(), letter(t, "günther@example.org"))
	if f, ok := errors.AsType[*Failure](err); !ok || !f.Permanent {
		t.Errorf("%v", err)
	}
	if _, err := utf8.transport(t, nil).Send(t.Context(), letter(t, "günther@example.org")); err != nil {
		t.Fatal(err)
	}
	if e := utf8.next(t); e.Recipients[0] != "günther@example.org" {
		t.Errorf("%+v", e)
	}
}

// TestSMTPEnds: a server that says nothing holds up nobody beyond the context.
func TestSMTPEnds(t *testing.T) {
	s := serve(t, map[string]any{"starttls": true})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.transport(t, nil).Send(ctx, letter(t, "hang@example.org"))
		ended <- err
	}()
	if e := s.next(t); e.Event != "hanging" {
		t.Fatalf("%+v", e)
	}
	cancel()
	select {
	case err := <-ended:
		if f, ok := errors.AsType[*Failure](err); !ok || f.Permanent {
			t.Errorf("%v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it did not end")
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	by, err := NewSMTP(SMTPConfig{Host: "127.0.0.1", Port: silent.Addr().(*net.TCPAddr).Port})
	if err != nil {
		t.Fatal(err)
	}
	short, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	if _, err := by.Send(short, letter(t, "a@example.org")); err == nil {
		t.Error("nobody answered, and it was sent")
	}
}
