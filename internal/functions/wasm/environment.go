package wasm

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// variables are those of the request (RFC 3875, section 4.1), and WAGI's own.
func variables(r *http.Request, c Call) map[string]string {
	host, port := r.Host, "80"
	if r.TLS != nil {
		port = "443"
	}
	if h, p, err := net.SplitHostPort(r.Host); err == nil {
		host, port = h, p
	}
	remote, remotePort, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	info := strings.TrimPrefix(r.URL.Path, c.Script)
	env := map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_SOFTWARE": "Galley", "SERVER_PROTOCOL": r.Proto,
		"SERVER_NAME": host, "SERVER_PORT": port,
		"REQUEST_METHOD": r.Method, "QUERY_STRING": r.URL.RawQuery, "REQUEST_URI": r.URL.RequestURI(),
		"SCRIPT_NAME": c.Script, "PATH_INFO": info, "PATH_TRANSLATED": info,
		"REMOTE_ADDR": remote, "REMOTE_HOST": remote, "REMOTE_PORT": remotePort,
		"X_MATCHED_ROUTE": c.Script, "X_RAW_PATH_INFO": strings.TrimPrefix(r.URL.EscapedPath(), c.Script),
	}
	if r.ContentLength > 0 {
		env["CONTENT_LENGTH"] = strconv.FormatInt(r.ContentLength, 10)
	}
	if t := r.Header.Get("Content-Type"); t != "" {
		env["CONTENT_TYPE"] = t
	}
	for name, values := range r.Header {
		name = "HTTP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		// HTTP_PROXY would be taken for the proxy of outgoing calls (CVE-2016-5385).
		if name == "HTTP_PROXY" || name == "HTTP_CONTENT_TYPE" || name == "HTTP_CONTENT_LENGTH" {
			continue
		}
		env[name] = strings.Join(values, ", ")
	}
	env["HTTP_HOST"] = r.Host
	return env
}

// meta is the variables that a request decides, besides HTTP_….
var meta = []string{"GATEWAY_INTERFACE", "SERVER_SOFTWARE", "SERVER_PROTOCOL", "SERVER_NAME", "SERVER_PORT", "REQUEST_METHOD",
	"QUERY_STRING", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO", "PATH_TRANSLATED", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT", "REMOTE_USER",
	"AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "X_MATCHED_ROUTE", "X_RAW_PATH_INFO", "GALLEY_ROLE", "GALLEY_CLAIMS", "GALLEY_REQUEST_ID"}

func reserved(name string) bool {
	return strings.HasPrefix(name, "HTTP_") || slices.Contains(meta, name)
}

// arguments are the name of the script and what is asked for, as WAGI gives them.
func arguments(r *http.Request, c Call) []string {
	args := []string{c.Script}
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if part != "" {
			args = append(args, part)
		}
	}
	return args
}
