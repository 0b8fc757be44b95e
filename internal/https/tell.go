package https

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

// event tells of certificates that came or did not.
func (a *automatic) event(ctx context.Context, name string, data map[string]any) error {
	domain, _ := data["identifier"].(string)
	switch name {
	case "cert_obtained":
		a.say(ctx, domain, slog.LevelInfo, "https: there is a new certificate", "")
	case "cert_failed":
		err, _ := data["error"].(error)
		if errors.Is(err, context.Canceled) {
			return nil // the server stops
		}
		go func() {
			defer recovered(a.config.Logger)
			a.say(ctx, domain, slog.LevelError, "https: there is no new certificate; it is tried again", explain(context.WithoutCancel(ctx), domain, a.config.Settings.Redirect != "", err))
		}()
	}
	return nil
}

// say logs what is new of a domain; the same again is of level debug.
func (a *automatic) say(ctx context.Context, domain string, level slog.Level, message, why string) {
	a.mu.Lock()
	if a.told[domain] == message+why && level == slog.LevelError {
		level = slog.LevelDebug
	}
	a.told[domain] = message + why
	a.mu.Unlock()
	args := []any{"domain", domain}
	if why != "" {
		args = append(args, "why", why)
	}
	a.config.Logger.Log(ctx, level, message, args...)
}

// explain says why there is no certificate, and what to look at.
func explain(ctx context.Context, domain string, plain bool, err error) string {
	var b strings.Builder
	var problem acme.Problem
	if errors.As(err, &problem) {
		b.WriteString(describe(problem))
	} else if err != nil {
		b.WriteString(err.Error())
	}
	ports := "port 443 of this server"
	if plain {
		ports = "ports 80 and 443 of this server"
	}
	fmt.Fprintf(&b, ". %s. The authority must reach %s under that name: look at the DNS record and at the firewall", resolved(ctx, domain), ports)
	return b.String()
}

// describe is what an authority said, that of its parts too.
func describe(p acme.Problem) string {
	all := []string{strings.TrimSuffix(p.Detail, ".")}
	for _, s := range p.Subproblems {
		all = append(all, strings.TrimSuffix(s.Detail, "."))
	}
	text := strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), ": ")
	if strings.HasSuffix(p.Type, ":rateLimited") {
		return text + " (the authority's limit: try with server.https.ca = \"letsencrypt-staging\" until all is right)"
	}
	if text == "" {
		return p.Type
	}
	return text
}

// resolved says where a name leads to, as seen from here.
func resolved(ctx context.Context, domain string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, strings.TrimPrefix(domain, "*."))
	if err != nil {
		return fmt.Sprintf("No address is found for %s from here (%v)", domain, err)
	}
	slices.Sort(addresses)
	return fmt.Sprintf("%s leads to %s as seen from here", domain, strings.Join(addresses, ", "))
}

// recovered keeps a panic of a goroutine from the process.
func recovered(log *slog.Logger) {
	if p := recover(); p != nil {
		log.Error("https: panic", "panic", p, "stack", string(debug.Stack()))
	}
}
