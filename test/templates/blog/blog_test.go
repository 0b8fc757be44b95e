// Package blog tests the starter app of that name.
package blog

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/test/templates/starter"
)

func TestMain(m *testing.M) { starter.Main(m) }

func TestBlog(t *testing.T) {
	env := []string{"GALLEY_AUTH_RATE_LIMIT_TRUSTED_PROXIES=127.0.0.1"}
	starter.Each(t, "blog", env, func(t *testing.T, a *starter.App) {
		t.Run("feeds", func(t *testing.T) { feed(t, a.URL); sitemap(t, a.URL) })
		a.Browser(t, 3, "walk.js") // before others fill the pages
		a.Suite(t, 16, "blog.test.js", "readers.test.js", "isolation.test.js")
		t.Run("feeds of adverse posts", func(t *testing.T) { feed(t, a.URL); sitemap(t, a.URL) })
		a.Doctor(t)
	})
}

// get reads a document, which has to be XML of the type.
func get(t *testing.T, address, kind string, into any) {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != kind {
		t.Fatalf("%s: %s, %s", address, res.Status, res.Header.Get("Content-Type"))
	}
	if err := xml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v\n%s", address, err, text)
	}
}

// feed looks at /rss.xml by https://www.rssboard.org/rss-specification: what a channel
// and an item have to have, addresses that are whole, dates by RFC 822.
func feed(t *testing.T, base string) {
	var rss struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel []struct {
			Title         string   `xml:"title"`
			Links         []string `xml:"link"`
			Description   string   `xml:"description"`
			Language      string   `xml:"language"`
			LastBuildDate string   `xml:"lastBuildDate"`
			Items         []struct {
				Title       string   `xml:"title"`
				Link        string   `xml:"link"`
				Description string   `xml:"description"`
				PubDate     string   `xml:"pubDate"`
				Categories  []string `xml:"category"`
				GUID        struct {
					Text      string `xml:",chardata"`
					Permanent string `xml:"isPermaLink,attr"`
				} `xml:"guid"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	get(t, base+"/rss.xml", "application/rss+xml; charset=utf-8", &rss)
	if rss.Version != "2.0" || len(rss.Channel) != 1 {
		t.Fatalf("version %q, %d channels", rss.Version, len(rss.Channel))
	}
	c := rss.Channel[0]
	if c.Title == "" || c.Description == "" || c.Language == "" || len(c.Links) < 1 || len(c.Items) < 6 {
		t.Errorf("the channel lacks something: %+v", c)
	}
	date(t, c.LastBuildDate)
	seen := map[string]bool{}
	last := time.Now().Add(time.Minute)
	for _, item := range c.Items {
		whole(t, item.Link, base)
		if item.Title == "" && item.Description == "" || item.GUID.Text == "" || item.GUID.Permanent != "false" || seen[item.GUID.Text] {
			t.Errorf("the item lacks something: %+v", item)
		}
		seen[item.GUID.Text] = true
		when := date(t, item.PubDate)
		if when.After(last) {
			t.Errorf("%s of %s is out of order, or to come", item.PubDate, item.Link)
		}
		last = when
	}
}

func date(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse("Mon, 02 Jan 2006 15:04:05 -0700", text)
	if err != nil {
		t.Error(err)
	}
	return when
}

func whole(t *testing.T, address, base string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, base+"/") || u.Host == "" || len(address) >= 2048 {
		t.Errorf("%q is no address of this blog: %v", address, err)
	}
}

// sitemap looks at /sitemap.xml by https://www.sitemaps.org/protocol.html.
func sitemap(t *testing.T, base string) {
	var set struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
		} `xml:"url"`
	}
	get(t, base+"/sitemap.xml", "application/xml; charset=utf-8", &set)
	if len(set.URLs) < 15 || len(set.URLs) > 50_000 {
		t.Errorf("%d addresses", len(set.URLs))
	}
	seen := map[string]bool{}
	for _, u := range set.URLs {
		whole(t, u.Loc, base)
		if seen[u.Loc] {
			t.Errorf("%s is there twice", u.Loc)
		}
		seen[u.Loc] = true
		if _, err := time.Parse(time.RFC3339Nano, u.LastMod); u.LastMod != "" && err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(strings.Join(keys(seen), " "), "coil-winder") {
		t.Error("a draft is in the sitemap")
	}
}

func keys(m map[string]bool) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}
