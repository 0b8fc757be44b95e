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
	if name, _, _, ok := inX(text); ok && needless[name] {
		return emptyShim, true
	}
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

// alsoOnNPM are modules of deno.land/x that npm has, by their names there.
var alsoOnNPM = map[string]string{
	"hono": "hono", "zod": "zod", "jose": "jose", "openai": "openai", "grammy": "grammy", "nanoid": "nanoid", "date_fns": "date-fns",
	"upstash_redis": "@upstash/redis", "postgresjs": "postgres", "kysely": "kysely",
}

// needless are modules of deno.land/x that have nothing to do here: fetch is there.
var needless = map[string]bool{"xhr": true}

// adviceOnX says what takes the place of modules of deno.land/x that npm has not.
var adviceOnX = map[string]string{
	"oak": `run 'npx jsr add @oak/oak' and import "jsr:@oak/oak"`, "djwt": "use jose: run 'npm install jose'",
	"denomailer": useMail, "smtp": useMail, "postgres": useSQL, "mysql": useSQL, "deno_mysql": useSQL,
	"redis": "functions have no sockets: use cache of module galley, or @upstash/redis of npm", "mongo": "functions have no sockets",
	"sift": "use Deno.serve, and hono for routes", "dotenv": "functions/.env is read anyway, and Deno.env has it",
	"puppeteer": "functions have no sockets and no WebSocket: use the service's HTTP interface by fetch",
	"og_edge":   "it needs WebAssembly, which scripts have not",
}

const (
	useMail = "functions have no sockets: use mail of module galley"
	useSQL  = "functions have no sockets: use sql of module galley"
)

// inX reads an address of deno.land/x: the module's name, its version, and the file.
func inX(text string) (name, version, file string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() != "deno.land" {
		return "", "", "", false
	}
	rest, ok := strings.CutPrefix(u.Path, "/x/")
	if !ok {
		return "", "", "", false
	}
	name, file, _ = strings.Cut(rest, "/")
	name, version, _ = strings.Cut(name, "@")
	return name, strings.TrimPrefix(version, "v"), file, true
}

// thirdParty reads an address of deno.land/x whose module is on npm, or nil.
func thirdParty(text string) *specifier {
	name, version, file, ok := inX(text)
	onNPM := alsoOnNPM[name]
	if !ok || onNPM == "" || strings.TrimSuffix(strings.TrimSuffix(file, ".ts"), ".js") != "mod" && file != "index.ts" {
		return nil
	}
	return &specifier{text: text, name: onNPM, version: version}
}
