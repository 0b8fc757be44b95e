package app

import (
	"fmt"
	"net"
	"strings"

	"github.com/galleyhq/galley/internal/config"
)

// serverURL is where a listener can be reached from this machine.
func serverURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// publicURL is where clients reach the server, as far as the configuration tells.
func publicURL(c config.Config) string {
	if s := c.Server.HTTPS; s.On() {
		return "https://" + strings.TrimPrefix(s.Domains[0], "*.")
	}
	return serverURL(c.Server.Listen)
}

// announce says that the server is ready: to the log, and to the person who
// started it. Keys are shown with --dev only, and never logged.
func announce(o Options, engine, url string, keys Keys) {
	o.Logger.Info("listening", "url", url, "engine", engine)
	if o.Config.Server.HTTPS.On() {
		url = publicURL(o.Config)
	}
	if o.Banner == nil {
		return
	}
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "  %-13s %s\n", name, value) }
	fmt.Fprintf(&b, "\nGalley is ready (%s engine).\n\n", engine)
	line("App", url+"/")
	line("REST", url+"/rest/v1/")
	line("API docs", url+"/docs")
	line("Health", url+"/health")
	if o.Config.Dev {
		line("Mail inbox", url+"/dev/inbox")
		line("anon", keys.Anon)
		line("service_role", keys.ServiceRole)
	} else {
		line("Keys", "galley keys")
	}
	fmt.Fprintf(&b, "\nStop with Ctrl+C.\n")
	_, _ = fmt.Fprint(o.Banner, b.String()) // nobody to tell
}
