package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// soon is how long before its end a certificate is told of: one of 90 days is renewed
// when 30 are left.
const soon = 14 * 24 * time.Hour

// https looks, for each domain, where its name leads to and which certificate the
// server of this machine shows for it.
func https(ctx context.Context, p Patient) (out []Finding, err error) {
	settings := p.Config.Server.HTTPS
	for _, domain := range settings.Domains {
		name := strings.Replace(domain, "*.", "galley-doctor.", 1)
		if _, err := net.DefaultResolver.LookupHost(ctx, name); err != nil {
			out = append(out, Finding{Severity: Error, Message: fmt.Sprintf("no address is found for %s: %v", name, err),
				Do: "Make an A record (and AAAA) that leads to this server. New ones take minutes to be seen everywhere."})
		}
		found, ok := shown(ctx, settings.Listen, name)
		if !ok {
			out = append(out, found)
			break // nothing listens: the same for all
		}
		if found.Severity != OK {
			out = append(out, found)
		}
	}
	return out, nil
}

// shown looks at the certificate that a server shows for a name; ok is false when
// there is no server.
func shown(ctx context.Context, listen, name string) (f Finding, ok bool) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	raw, err := dialer.DialContext(ctx, "tcp", dialed(listen))
	if err != nil {
		return Finding{Severity: Info, Message: "certificates were not looked at: no server of this machine speaks HTTPS at " + listen,
			Do: "Run galley doctor beside the server."}, false
	}
	defer func() { _ = raw.Close() }()
	_ = raw.SetDeadline(time.Now().Add(5 * time.Second)) // a connection that was just made
	// Whom it is signed by is looked at below, so that the finding can say so.
	conn := tls.Client(raw, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err := conn.HandshakeContext(ctx); err != nil {
		return Finding{Severity: Error, Message: fmt.Sprintf("the server has no certificate for %s (%v)", name, err),
			Do: "See the server's log, https: there is no new certificate; it says why. Ports 80 and 443 must be open to the world, and the name lead here."}, true
	}
	return judge(conn.ConnectionState().PeerCertificates, name, time.Now()), true
}

// judge looks at a chain of certificates for a name.
func judge(chain []*x509.Certificate, name string, now time.Time) Finding {
	leaf := chain[0]
	left := leaf.NotAfter.Sub(now)
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	switch {
	case leaf.VerifyHostname(name) != nil:
		return Finding{Severity: Error, Message: fmt.Sprintf("the certificate that the server shows for %s is for %s", name, strings.Join(leaf.DNSNames, ", ")),
			Do: "Give one for all of server.https.domains in server.https.cert, or leave that out."}
	case left <= 0:
		return Finding{Severity: Error, Message: fmt.Sprintf("the certificate for %s ended on %s", name, leaf.NotAfter.Format(time.DateOnly)), Do: renew}
	case left < soon && left < leaf.NotAfter.Sub(leaf.NotBefore)/4:
		return Finding{Severity: Warning, Message: fmt.Sprintf("the certificate for %s ends on %s", name, leaf.NotAfter.Format(time.DateOnly)), Do: renew}
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Intermediates: between, CurrentTime: now})
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return Finding{Severity: Warning, Message: fmt.Sprintf("this machine does not trust who signed the certificate for %s (%s)", name, leaf.Issuer),
			Do: `That is right for an authority of your own; with "letsencrypt-staging" set server.https.ca = "letsencrypt" when all works.`}
	}
	return Finding{Severity: OK}
}

const renew = "See the server's log for why it is not renewed, or renew the file of server.https.cert."

// dialed is an address of this machine for one that a server listens at.
func dialed(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip, bad := netip.ParseAddr(host); err == nil && (host == "" || bad == nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return listen
}
