package deployment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/cmd/galley/terminal"
)

// NewHealth is galley health.
func NewHealth(s Shell) *cobra.Command {
	var at string
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "health", Short: "Ask whether the project's server is ready", Args: s.Args(cobra.NoArgs),
		Long: "Ask whether the project's server is ready to serve requests: exit code 0, or 1 with the reason.\n\n" +
			"It asks at server.listen, on this machine, or at --url; the database is not opened.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			base := at
			if base == "" {
				c, err := s.Config()
				if err != nil {
					return err
				}
				base = local(c.Server.Listen)
			}
			address, err := url.Parse(base)
			if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
				return s.Usage(fmt.Errorf("--url: expected a URL such as https://app.example.org, got %q", base), cmd.CommandPath())
			}
			if err := ready(cmd.Context(), address.JoinPath("health", "ready").String(), wait); err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.Out, "ready")
			return err
		},
	}
	cmd.Flags().StringVar(&at, "url", "", "`URL` of another server")
	cmd.Flags().DurationVar(&wait, "wait", 0, "ask again for that long, until it is ready")
	return cmd
}

// local is where a server of this machine can be reached.
func local(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil { // validated by config
		return "http://" + listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() && !ip.Is4In6() {
			host = "localhost"
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}

const (
	onceLimit = 5 * time.Second        // for one answer
	pause     = 250 * time.Millisecond // between two questions
)

// ready asks until the answer is yes or the time is over; once at least.
func ready(ctx context.Context, address string, wait time.Duration) error {
	end := time.Now().Add(wait)
	for {
		err := ask(ctx, address)
		if err == nil || time.Now().Add(pause).After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func ask(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, onceLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}}).Do(r)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	var said struct{ Status, Message, Details string }
	_ = json.Unmarshal(body, &said) // of another server than Galley's, perhaps
	switch {
	case answer.StatusCode == http.StatusOK && said.Status == "ready":
		return nil
	case answer.StatusCode == http.StatusOK:
		return errors.New("not ready: what answers at " + address + " is not Galley")
	}
	text := strings.TrimSpace(said.Message + ". " + said.Details)
	return fmt.Errorf("not ready: %s: %s", answer.Status, terminal.Printable(strings.Trim(text, ". ")))
}
