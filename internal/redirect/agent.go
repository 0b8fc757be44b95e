package redirect

import (
	"net"
	"net/url"
	"strings"
)

// The kinds of programs that follow links, as coarse as a chart needs them.
const (
	Bot     = "bot"
	Mobile  = "mobile"
	Tablet  = "tablet"
	Desktop = "desktop"
	Other   = "other"
)

// What the words of a User-Agent tell.
const (
	isBot = 1 << iota
	isTablet
	isAndroid
	isMobile
	isDesktop
)

// words tell kinds. Bots, programs that nobody sits before, call themselves by theirs:
// those that hide are people here.
var words = indexed(map[uint8][]string{
	isBot: {"bot", "crawl", "spider", "slurp", "headless", "preview", "facebookexternalhit", "whatsapp", "scrap", "monitor", "uptime", "pingdom",
		"lighthouse", "curl/", "wget/", "python-", "python/", "aiohttp", "httpx", "go-http-client", "java/", "okhttp", "libwww", "axios", "node-fetch", "undici",
		"postman", "http_client", "httpclient", "scanner", "feed", "fetch"},
	isTablet:  {"ipad", "tablet", "kindle", "silk/"},
	isAndroid: {"android"},
	isMobile:  {"mobile", "iphone", "ipod"},
	isDesktop: {"windows nt", "macintosh", "x11;", "cros "},
})

// wordIndex finds words by their first two letters, whichever case they have.
type wordIndex struct {
	at     [1 << 10]uint8 // in groups; 0 for none
	groups [][]word
}

type word struct {
	text  string // in lower case
	tells uint8
}

func place(a, b byte) int { return int(a&31)<<5 | int(b&31) }

func indexed(of map[uint8][]string) *wordIndex {
	x := &wordIndex{groups: [][]word{nil}}
	for tells, list := range of {
		for _, w := range list {
			at := &x.at[place(w[0], w[1])]
			if *at == 0 {
				*at = uint8(len(x.groups))
				x.groups = append(x.groups, nil)
			}
			x.groups[*at] = append(x.groups[*at], word{w, tells})
		}
	}
	return x
}

// in is what the words in a text tell, all in one pass.
func (x *wordIndex) in(text string) (tells uint8) {
	for i := range max(len(text)-1, 0) {
		for _, w := range x.groups[x.at[place(text[i], text[i+1])]] {
			if rest := text[i:]; len(rest) >= len(w.text) && strings.EqualFold(rest[:len(w.text)], w.text) {
				tells |= w.tells
			}
		}
	}
	return tells
}

// Kind is the kind of a program by its User-Agent.
func Kind(agent string) string {
	switch tells := words.in(agent); {
	case tells&isBot != 0:
		return Bot
	case tells&isTablet != 0 || tells&(isAndroid|isMobile) == isAndroid:
		return Tablet
	case tells&(isMobile|isAndroid) != 0:
		return Mobile
	case tells&isDesktop != 0:
		return Desktop
	}
	return Other
}

// maxHost bounds the name of a host (RFC 1035, 2.3.4).
const maxHost = 253

// referrer is the host that a link was followed from, "" for none or this one.
func referrer(header, own string) string {
	if header == "" {
		return ""
	}
	host, ok := plainHost(header)
	if !ok {
		u, err := url.Parse(header)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return ""
		}
		host = strings.ToLower(u.Hostname())
	}
	if strings.IndexByte(own, ':') >= 0 {
		if name, _, err := net.SplitHostPort(own); err == nil {
			own = name
		}
	}
	if strings.EqualFold(host, own) || len(host) > maxHost || strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`<>"'\`, c) }) {
		return ""
	}
	return strings.TrimPrefix(host, "www.")
}

// plainHost is the host of an address as nearly all of them are: without an account or
// a port, in small letters. Of others it is not ok.
func plainHost(address string) (host string, ok bool) {
	rest, ok := strings.CutPrefix(address, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(address, "http://"); !ok {
			return "", false
		}
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-':
		case c == '/' && i > 0:
			return rest[:i], true
		default:
			return "", false
		}
	}
	return rest, rest != ""
}
