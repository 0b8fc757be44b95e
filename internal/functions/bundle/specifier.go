package bundle

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// specifier is a package that is imported: name@version/below.
type specifier struct {
	text    string // as it was written
	jsr     bool
	name    string // "zod", "@supabase/supabase-js"
	version string // a range of versions; "" is any
	below   string // "" or "/mini"
}

var packageName = regexp.MustCompile(`^(@[a-z0-9~*._-]+/)?[a-z0-9~*._-]+$`)

// parsePackage reads "name@version/below".
func parsePackage(text, rest string) (*specifier, error) {
	s := &specifier{text: text}
	rest = strings.TrimPrefix(rest, "/")
	head := rest
	scoped := strings.HasPrefix(rest, "@")
	if scoped {
		scope, after, _ := strings.Cut(rest, "/")
		head, s.name = after, scope+"/"
	}
	head, below, found := strings.Cut(head, "/")
	if found && below != "" {
		s.below = "/" + below
	}
	name, version, _ := strings.Cut(head, "@")
	s.name, s.version = s.name+name, version
	if !packageName.MatchString(strings.ToLower(s.name)) {
		return nil, fmt.Errorf("%q names no package", text)
	}
	return s, nil
}

// parseURL reads the address of a package on one of the sites that serve npm's
// packages, or nil if it is none of these.
func parseURL(text string) (*specifier, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no address", text)
	}
	rest := strings.TrimPrefix(u.Path, "/")
	switch u.Hostname() {
	case "esm.sh":
		return parseESM(text, rest)
	case "cdn.skypack.dev", "unpkg.com":
		return parsePackage(text, rest)
	case "cdn.jsdelivr.net":
		if npm, ok := strings.CutPrefix(rest, "npm/"); ok {
			return parsePackage(text, strings.TrimSuffix(npm, "/+esm"))
		}
	}
	return nil, nil
}

var (
	esmBuild  = regexp.MustCompile(`^(v\d+|stable)/`)
	esmTarget = regexp.MustCompile(`^/(es20\d\d|esnext|deno|denonext|node)/.*$`)
)

// parseESM reads a path of esm.sh: a pinned build before the package and options
// after its version change how it is built there, not what it is.
func parseESM(text, rest string) (*specifier, error) {
	rest = strings.TrimPrefix(esmBuild.ReplaceAllString(rest, ""), "*")
	if strings.HasPrefix(rest, "gh/") || strings.HasPrefix(rest, "pr/") {
		return nil, nil
	}
	rest, jsr := strings.CutPrefix(rest, "jsr/")
	s, err := parsePackage(text, rest)
	if err != nil {
		return nil, err
	}
	s.jsr = jsr
	s.version, _, _ = strings.Cut(s.version, "&")
	s.below = esmTarget.ReplaceAllString(s.below, "")
	return s, nil
}

// standard tells what of deno.land is provided: the shim that it becomes, or "".
func standard(text string) (shim string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() != "deno.land" {
		return "", false
	}
	library, file, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if name, _, _ := strings.Cut(library, "@"); name != "std" {
		return "", false
	}
	switch file {
	case "http/server.ts", "http/mod.ts":
		return "deno:http", true
	case "dotenv/load.ts": // the environment is there already
		return emptyShim, true
	}
	return "", false
}

// alsoOnNPM are modules of deno.land/x that npm has under the same name.
var alsoOnNPM = map[string]bool{"hono": true, "zod": true, "jose": true}

// thirdParty reads an address of deno.land/x, or nil.
func thirdParty(text string) *specifier {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() != "deno.land" {
		return nil
	}
	rest, ok := strings.CutPrefix(u.Path, "/x/")
	if !ok {
		return nil
	}
	name, file, _ := strings.Cut(rest, "/")
	name, version, _ := strings.Cut(name, "@")
	if !alsoOnNPM[name] || file != "mod.ts" && file != "index.ts" {
		return nil
	}
	return &specifier{text: text, name: name, version: strings.TrimPrefix(version, "v")}
}
