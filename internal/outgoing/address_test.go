package outgoing

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	open := `1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 168.63.129.15
		169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.1 192.167.255.255 192.169.0.0
		198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255
		2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450::1 2400:cb00::1
		::ffff:1.1.1.1 64:ff9b::1.1.1.1`
	closed := `0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
		168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
		192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255
		240.0.0.1 255.255.255.255
		:: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
		64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::1.1.1.1
		2002:7f00:1:: 2002:a9fe:a9fe:: 2002:101:101::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1
		2001:20::1 2001:db8::1 3fff::1 100::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fdff::1 fe80::1 fe80::1%eth0
		feb0::1 fec0::1 ff02::1 ff0e::1 4000::1 e000::1 2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:127.0.0.1
		2606:4700:4700::1111%1`
	for want, list := range map[bool]string{true: open, false: closed} {
		for _, text := range strings.Fields(list) {
			if got := public(netip.MustParseAddr(text)); got != want {
				t.Errorf("%s: public is %v", text, got)
			}
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

// TestForms holds every way to write an address within IPv6 to what the address
// itself is.
func TestForms(t *testing.T) {
	for _, p := range closed {
		for _, a := range []netip.Addr{p.Addr(), last(p)} {
			for _, form := range []string{"%s", "::ffff:%s", "64:ff9b::%s", "::%s", "2606:4700::5efe:%s"} {
				text := fmt.Sprintf(form, a)
				if public(netip.MustParseAddr(text)) {
					t.Errorf("%s is public", text)
				}
			}
			b := a.As4()
			text := fmt.Sprintf("2002:%02x%02x:%02x%02x::1", b[0], b[1], b[2], b[3])
			if public(netip.MustParseAddr(text)) {
				t.Errorf("%s is public", text)
			}
		}
	}
}

// last is the last address of a range of IPv4.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}

func TestAllowed(t *testing.T) {
	checkParse(t, Config{Allow: []string{"10.1.0.0/16", "[fd00::1]:25", "hooks.internal", "Box.Lan.:9200", "*.corp.example", "db.example:5432", "::ffff:192.168.7.0/120"}}, map[string]string{
		"http://10.1.2.3":              "",
		"http://[::ffff:10.1.2.3]":     "",
		"http://192.168.7.9":           "",
		"http://192.168.8.1":           "not a public address",
		"http://10.2.0.1":              "not a public address",
		"http://10.1.2.3:22":           "port 22",
		"http://[fd00::1]:25":          "",
		"http://[fd00::1]:80":          "not a public address",
		"http://[fd00::2]:25":          "port 25",
		"http://hooks.internal":        "",
		"http://a.hooks.internal":      "within this machine",
		"http://box.lan:9200":          "",
		"http://box.lan:9201":          "within this machine",
		"http://a.b.corp.example:8000": "",
		"http://db.example:5432":       "",
	})
}

func TestParse(t *testing.T) {
	checkParse(t, Config{}, map[string]string{
		"https://example.com/a?b=c#d":                       "",
		"HTTP://EXAMPLE.COM.":                               "",
		"http://example.com:8080/":                          "",
		"http://1.1.1.1/":                                   "",
		"http://[2606:4700:4700::1111]/":                    "",
		"http://user:pw@example.com":                        "",
		"http://example.com:22":                             "port 22",
		"http://example.com:25":                             "port 25",
		"http://example.com:6000":                           "port 6000",
		"http://example.com:6667":                           "port 6667",
		"http://example.com:0":                              "no port",
		"http://example.com:65536":                          "no port",
		"http://example.com:":                               "no port",
		"http://localhost":                                  "within this machine",
		"http://LOCALHOST.":                                 "within this machine",
		"http://a.localhost:8080":                           "within this machine",
		"http://metadata.google.internal":                   "within this machine",
		"http://printer.local":                              "within this machine",
		"http://127.0.0.1":                                  "not a public address",
		"http://127.0.0.1.":                                 "no address",
		"http://127.1":                                      "no address",
		"http://2130706433":                                 "no address",
		"http://0x7f000001":                                 "no address",
		"http://0x7f.0.0.1":                                 "no address",
		"http://0177.0.0.1":                                 "no address",
		"http://a.0x":                                       "no address",
		"http://[::1]":                                      "not a public address",
		"http://[fe80::1%25eth0]/":                          "not a public address",
		"http://[::ffff:7f00:1]":                            "not a public address",
		"http://169.254.169.254/latest/":                    "not a public address",
		"http://example.com\\@127.0.0.1":                    "cannot be read",
		"http://127.0.0.1\\@example.com":                    "cannot be read",
		"http://example.com@127.0.0.1":                      "not a public address",
		"http://%31%32%37.0.0.1":                            "cannot be read",
		"http://１２７.0.0.1":                                  "no name of a host",
		"http://127。0。0。1":                                  "no name of a host",
		"http://bücher.example":                             "punycode",
		"http://a..b":                                       "no name of a host",
		"http://.":                                          "no name of a host",
		"http://a b.example":                                "spaces",
		"http://example.com/a\r\nX: y":                      "spaces",
		"http://example.com/\x00":                           "spaces",
		" http://example.com":                               "spaces",
		"http:example.com":                                  "no host",
		"http:///path":                                      "no host",
		"http://":                                           "no host",
		"//example.com":                                     "only http and https",
		"example.com":                                       "only http and https",
		"":                                                  "only http and https",
		"file:///etc/passwd":                                "only http and https",
		"gopher://example.com":                              "only http and https",
		"ftp://example.com":                                 "only http and https",
		"unix:///run/x.sock":                                "only http and https",
		"javascript:alert(1)":                               "only http and https",
		"http://[::1":                                       "cannot be read",
		"http://[1.1.1.1]":                                  "cannot be read",
		"http://" + strings.Repeat("a", 64) + ".example":    "no name of a host",
		"http://" + strings.Repeat("a.", 127) + "example":   "no name of a host",
		"http://example.com/" + strings.Repeat("a", maxURL): "bytes, at most",
	})
}

// checkParse reads URLs, each with a part of why it is refused, "" if it is not.
func checkParse(t *testing.T, c Config, urls map[string]string) {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range urls {
		_, err := g.Parse(url)
		switch {
		case want == "" && err != nil:
			t.Errorf("%.80q: %v", url, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.80q: %v, want %q", url, err, want)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, bad := range []string{"", "10.0.0.0/33", "10.0.0/8", "host:", "host:0", "host:99999", "[::1", "[::1]x", "*", "*.", "a b",
		"http://host", "127.1", "fe80::1%eth0", "host:1:2", "*.*.example"} {
		if _, err := New(Config{Allow: []string{bad}}); err == nil {
			t.Errorf("allow %q was taken", bad)
		}
	}
	for _, bad := range []string{"", "0", "a", "80-", "-80", "90-80", "1-65536"} {
		if _, err := New(Config{Ports: []string{bad}}); err == nil {
			t.Errorf("ports %q was taken", bad)
		}
	}
	for _, bad := range []string{"proxy:3128", "socks5://proxy", "http://"} {
		if _, err := New(Config{Proxy: bad}); err == nil {
			t.Errorf("proxy %q was taken", bad)
		}
	}
	g, err := New(Config{Ports: []string{"22", "8000 - 8002"}})
	if err != nil {
		t.Fatal(err)
	}
	for url, open := range map[string]bool{"http://example.com": false, "http://example.com:22": true, "http://example.com:8002": true, "http://example.com:8003": false} {
		if _, err := g.Parse(url); (err == nil) != open {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// FuzzParse holds what Parse lets through to what it promises, however it is
// written.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1", "https://[::ffff:127.0.0.1]:443/", "http://0x7f.1/", "http://a@b:c@localhost:80#@example.com",
		"http://[fe80::1%25x]", "http://10.0.0.1.", "hTTp://ex%61mple.com", "http://example.com:80:80", "http://[64:ff9b::a00:1]"} {
		f.Add(s)
	}
	g, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := g.Parse(raw)
		if err != nil {
			return
		}
		if again, err := g.Parse(u.String()); err != nil || again.Host != u.Host {
			t.Errorf("%q is read as %q, which is read as %v, %v", raw, u, again, err)
		}
		host := u.Hostname()
		if a, err := netip.ParseAddr(host); err == nil && !public(a) {
			t.Errorf("%q goes to %s", raw, a)
		}
		if name := strings.TrimRight(strings.ToLower(host), "."); name == "localhost" || strings.HasSuffix(name, ".internal") {
			t.Errorf("%q goes to %s", raw, name)
		}
	})
}

// FuzzAllow reads entries, and finds in them what they say.
func FuzzAllow(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "[::1]:80", "*.example.com:8080", "::ffff:10.0.0.0/104", "host", "1.2.3.4:5", "[fd00::/8]:25"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseAllow([]string{text})
		if err != nil {
			return
		}
		e, port := list[0], list[0].port
		if port == 0 {
			port = 80
		}
		found, _ := list.address(e.prefix.Addr(), port)
		if e.host != "" {
			found, _ = list.name(strings.Replace(e.host, "*", "a", 1), port)
		}
		if !found {
			t.Errorf("%q is read as %+v, which does not hold itself", text, e)
		}
	})
}
