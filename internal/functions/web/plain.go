package web

import (
	"context"
	"net/netip"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// Places are counted in numbers below places, so that two of them fit into one whole
// number of a script.
const places = 4096

// plainURL takes a text and tells, where that is plainly an http URL in its normal form,
// at which places its path and its query end: as one number, path*4096+query. It gives
// null for everything else, which the URL standard's parser has to read.
func plainURL(_ context.Context, given []engine.Value) (engine.Value, error) {
	u := engine.Args(given).Text(0)
	name, ok := hostEnd(u)
	if !ok || len(u) >= places {
		return nil, nil
	}
	host, ok := portEnd(u, name)
	if !ok {
		return nil, nil
	}
	path, ok := pathEnd(u, host)
	if !ok {
		return nil, nil
	}
	query, hash := path, path
	if query < len(u) && u[query] == '?' {
		query = partEnd(u, query+1)
		hash = query
	}
	if hash < len(u) && u[hash] == '#' {
		hash = partEnd(u, hash+1)
	}
	if hash != len(u) {
		return nil, nil
	}
	return float64(path*places + query), nil
}

// plainHost takes a URL that is plain, and tells at which places the name of its host and
// its port end: name*4096+port.
func plainHost(_ context.Context, given []engine.Value) (engine.Value, error) {
	u := engine.Args(given).Text(0)
	name, _ := hostEnd(u)
	host, _ := portEnd(u, name)
	return float64(name*places + host), nil
}

// hostEnd finds the end of the host's name: letters in lower case, digits and hyphens
// between dots, with no number at the end and no punycode; or an IPv4 address.
func hostEnd(u string) (int, bool) {
	start := len("http://")
	switch {
	case strings.HasPrefix(u, "http://"):
	case strings.HasPrefix(u, "https://"):
		start = len("https://")
	default:
		return 0, false
	}
	end, digits, label := start, true, start
	for ; end < len(u); end++ {
		switch c := u[end]; {
		case c == '.':
			if end == label {
				return 0, false
			}
			label = end + 1
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'z', c == '-' && end > start:
			digits = false
		default:
			return end, nameOK(u[start:end], end-label, digits)
		}
	}
	return end, nameOK(u[start:end], end-label, digits)
}

// nameOK says whether a host's name stays as it is, of whose last label length is known.
func nameOK(name string, last int, digits bool) bool {
	if last == 0 {
		return false
	}
	if digits {
		_, err := netip.ParseAddr(name)
		return err == nil
	}
	return isLetter(name[0]) && !isDigit(name[len(name)-last]) && !strings.Contains(name, "xn--")
}

// portEnd finds the end of a port that is not the scheme's own, if there is one.
func portEnd(u string, at int) (int, bool) {
	if at == len(u) || u[at] != ':' {
		return at, true
	}
	end := at + 1
	for end < len(u) && isDigit(u[end]) {
		end++
	}
	port := u[at+1 : end]
	usual := "80"
	if u[4] == 's' {
		usual = "443"
	}
	if port == "" || port[0] == '0' || len(port) > 5 || port == usual {
		return 0, false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return end, err == nil && n > 0
}

// pathEnd finds the end of a path without escapes, empty segments, and dots at the
// beginning of a segment.
func pathEnd(u string, at int) (int, bool) {
	if at == len(u) || u[at] != '/' {
		return 0, false
	}
	end := at + 1
	for ; end < len(u) && u[end] != '?' && u[end] != '#'; end++ {
		c := u[end]
		if !inPath[c] || u[end-1] == '/' && (c == '/' || c == '.') {
			return 0, false
		}
	}
	return end, true
}

// partEnd finds the end of a query or a hash.
func partEnd(u string, at int) int {
	for at < len(u) && (inPath[u[at]] || u[at] == '?' || u[at] == '%') {
		at++
	}
	return at
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// inPath are the characters that no part of a URL changes.
var inPath = func() (in [256]bool) {
	for c := range in {
		in[c] = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c > 0 && c < 128 && strings.ContainsRune("._~!$&()*+,;=:@/-", rune(c))
	}
	return in
}()

// firstOf takes application/x-www-form-urlencoded and a name, and gives the first value
// of that name, or null.
func firstOf(_ context.Context, given []engine.Value) (engine.Value, error) {
	text, name := engine.Args(given).Text(0), engine.Args(given).Text(1)
	for text != "" {
		var piece string
		piece, text, _ = strings.Cut(text, "&")
		if piece == "" {
			continue
		}
		key, value, _ := strings.Cut(piece, "=")
		if key == name && !strings.ContainsAny(key, "%+") || formValue(key) == name {
			return formValue(value), nil
		}
	}
	return nil, nil
}

// formValue is a name or a value of application/x-www-form-urlencoded.
func formValue(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	return unescaped(strings.ReplaceAll(s, "+", " "))
}
