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

// bots are words of programs that nobody sits before. They call themselves by them:
// those that hide are people here.
var bots = []string{"bot", "crawl", "spider", "slurp", "headless", "preview", "facebookexternalhit", "whatsapp", "scrap", "monitor", "uptime", "pingdom",
	"lighthouse", "curl/", "wget/", "python-", "python/", "aiohttp", "httpx", "go-http-client", "java/", "okhttp", "libwww", "axios", "node-fetch", "undici",
	"postman", "http_client", "httpclient", "scanner", "feed", "fetch"}

// Kind is the kind of a program by its User-Agent.
func Kind(agent string) string {
	a := strings.ToLower(agent)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(a, w) {
				return true
			}
		}
		return false
	}
	switch {
	case a == "":
		return Other
	case has(bots...):
		return Bot
	case has("ipad", "tablet", "kindle", "silk/") || has("android") && !has("mobile"):
		return Tablet
	case has("mobile", "iphone", "ipod", "android"):
		return Mobile
	case has("windows nt", "macintosh", "x11;", "cros "):
		return Desktop
	}
	return Other
}

// maxHost bounds the name of a host (RFC 1035, 2.3.4).
const maxHost = 253

// referrer is the host that a link was followed from, "" for none or this one.
func referrer(header, own string) string {
	u, err := url.Parse(header)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if name, _, err := net.SplitHostPort(own); err == nil {
		own = name
	}
	if host == strings.ToLower(own) || len(host) > maxHost || strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`<>"'\`, c) }) {
		return ""
	}
	return strings.TrimPrefix(host, "www.")
}
