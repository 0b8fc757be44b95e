package redirect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/rowcache"
)

const tables = `
create table links (id bigint generated always as identity primary key, slug text not null unique, target text not null, direct boolean default true);
create table visits (id bigint generated always as identity primary key, link bigint not null references links on delete cascade,
	at timestamptz not null, referrer text check (referrer <> 'poison.example'), agent text not null, country text, visitor text not null);
grant all on links, visits to service_role;
insert into links (slug, target, direct) values
	('a', 'https://example.org/a?b=c#d', true), ('locked', 'https://example.org/secret', false), ('null', 'https://example.org/', null),
	('js', 'javascript:alert(1)', true), ('ftp', 'ftp://example.org/', true), ('relative', '//example.org/', true), ('split', E'https://example.org/\r\nX: y', true),
	('ü ñ', 'https://example.org/ü?q=ö ä', true), ('x/y', 'https://example.org/slash', true), ('file', 'https://example.org/', true), ('exact', 'https://example.org/', true)`

// site is redirects before a handler that answers all else with 404.
type site struct {
	*testing.T
	db      database.DB
	service *Service
	handler http.Handler
}

func newSite(t *testing.T, db database.DB) *site {
	t.Helper()
	s := &site{T: t, db: db}
	s.script(tables)
	s.service = New(Config{DB: db, Rows: rowcache.New(rowcache.Config{DB: db}), Rules: map[string]config.Redirect{
		"root": {Path: "/:slug", Table: "links", Key: "slug", Target: "target", When: "direct", Status: 302, Record: "visits", CountryHeader: "CF-IPCountry"},
		"go":   {Path: "/go/:id", Table: "public.links", Key: "id", Target: "target", Status: 301},
	}, Origin: func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() }})
	s.handler = s.service.Before(func(path string) bool { return path == "/file" }, func(r *http.Request, _ string) bool { return r.URL.Path == "/exact" }, http.NotFoundHandler())
	return s
}

func (s *site) script(sql string) {
	s.Helper()
	err := database.InTx(s.Context(), s.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(s.Context(), sql, nil) })
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// asks tells where a path leads, with its status.
func (s *site) asks(method, path string) string {
	w := s.ask(method, path)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Header().Get("Location")))
}

func (s *site) texts(sql string) (out []string) {
	s.Helper()
	rows, err := database.Records(context.WithoutCancel(s.Context()), database.Owner{DB: s.db}, sql)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, r.Text(0))
	}
	return out
}

func TestRedirects(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		s := newSite(t, db)
		for range 2 { // from the table, and from memory
			for _, test := range []struct{ method, path, want string }{
				{"GET", "/a", "302 https://example.org/a?b=c#d"},
				{"HEAD", "/a", "302 https://example.org/a?b=c#d"},
				{"GET", "/a?utm=1", "302 https://example.org/a?b=c#d"},
				{"POST", "/a", "404"},
				{"GET", "/%61", "302 https://example.org/a?b=c#d"},
				{"GET", "/A", "404"},
				{"GET", "/", "404"},
				{"GET", "/a/", "404"},
				{"GET", "/locked", "404"},
				{"GET", "/null", "404"},
				{"GET", "/js", "404"},
				{"GET", "/ftp", "404"},
				{"GET", "/relative", "404"},
				{"GET", "/split", "404"},
				{"GET", "/file", "404"},
				{"GET", "/exact", "404"},
				{"GET", "/%00", "404"},
				{"GET", "/%ff", "404"},
				{"GET", "/x%2Fy", "302 https://example.org/slash"},
				{"GET", "/%C3%BC%20%C3%B1", "302 https://example.org/%C3%BC?q=%C3%B6%20%C3%A4"},
				{"GET", "/go/1", "301 https://example.org/a?b=c#d"},
				{"GET", "/go/2", "301 https://example.org/secret"},
				{"GET", "/go/1/2", "404"},
				{"GET", "/go/x", "404"},
				{"GET", "/go/99999999999999999999", "404"},
				{"GET", "/" + strings.Repeat("x", 3000), "404"},
			} {
				if got := s.asks(test.method, test.path); got != test.want {
					t.Errorf("%s %.60s: %s, expected %s", test.method, test.path, got, test.want)
				}
			}
		}
		s.script("update links set target = 'https://example.net/ü?q=%C3%B6' where slug = 'a'; insert into links (slug, target) values ('new', 'HTTP://example.org/new'); update links set direct = false where slug = 'x/y'")
		for path, want := range map[string]string{"/a": "302 https://example.net/%C3%BC?q=%C3%B6", "/new": "302 http://example.org/new", "/x%2Fy": "404"} {
			if got := s.asks("GET", path); got != want {
				t.Errorf("%s: %s, expected %s", path, got, want)
			}
		}
		s.script("alter table links rename column target to address")
		deadline := time.Now().Add(20 * time.Second)
		for s.asks("GET", "/a") != "404" && time.Now().Before(deadline) {
		}
		s.script("alter table links rename column address to target")
		for s.asks("GET", "/a") == "404" {
			if time.Now().After(deadline) {
				t.Fatal("the column is there again, and nothing redirects")
			}
		}
	})
}

func TestVisits(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		s := newSite(t, db)
		today := time.Now()
		s.service.recorder.now = func() time.Time { return today } // a visitor is another one tomorrow
		s.service.Start(t.Context())
		phone := "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
		s.ask("GET", "/a", "User-Agent", phone, "Referer", "https://www.News.example/x?secret=1", "CF-IPCountry", "de")
		s.ask("GET", "/a", "User-Agent", phone, "Referer", "http://example.com/self", "CF-IPCountry", "XX")
		s.ask("GET", "/a", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Referer", "https://a.example/\"<b>")
		s.ask("GET", "/a", "Referer", "https://poison.example/")
		s.ask("GET", "/a", "Sec-Purpose", "prefetch;prerender")
		s.ask("HEAD", "/a")
		s.ask("GET", "/go/1")
		s.ask("GET", "/locked")
		s.service.Stop()
		got := s.texts("select concat_ws(' ', coalesce(referrer, '-'), agent, coalesce(country, '-')) from visits order by at, id")
		want := []string{"news.example mobile DE", "- mobile -", "a.example bot -"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("visits %q, expected %q", got, want)
		}
		if n := s.texts("select count(distinct visitor)::text from visits"); n[0] != "2" {
			t.Errorf("%s visitors", n)
		}
		for _, v := range s.texts("select visitor from visits") {
			if len(v) != 20 || strings.Contains(v, "192.0.2.1") {
				t.Errorf("the visitor %q", v)
			}
		}
		if late := s.texts("select count(*)::text from visits where at between now() - interval '1 minute' and now() + interval '1 second'"); late[0] != "3" {
			t.Errorf("%s visits of now", late)
		}
		if n, lost := s.service.recorder.written.Load(), s.service.recorder.dropped.Load(); n != 3 || lost != 1 {
			t.Errorf("%d written, %d lost", n, lost)
		}
		if salts := s.texts("select key from galley.settings where key like 'redirects.salt.%'"); len(salts) != 1 {
			t.Errorf("salts %q", salts)
		}
	})
}

// TestManyVisits: each of many visits is written once, also when the link goes
// meanwhile, which takes its visits along.
func TestManyVisits(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		s := newSite(t, db)
		s.service.Start(t.Context())
		for i := range 5300 {
			if got := s.asks("GET", "/a"); !strings.HasPrefix(got, "302") {
				t.Fatal(got)
			}
			if i == 100 {
				s.ask("GET", "/x%2Fy")
				s.script("delete from links where slug = 'x/y'")
			}
		}
		s.service.Stop()
		if n := s.texts("select count(*)::text from visits"); n[0] != "5300" {
			t.Errorf("%s visits", n)
		}
		if n := s.service.recorder.dropped.Load(); n != 0 {
			t.Errorf("%d lost", n)
		}
	})
}

// refusing is a database that runs no statement for a while.
type refusing struct {
	database.DB
	refuses atomic.Bool
}

func (r *refusing) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	if r.refuses.Load() {
		return nil, fmt.Errorf("no connection")
	}
	return r.DB.Query(ctx, s, st)
}

// TestUnwritten: visits wait for a database that is gone, as many as there is room for.
func TestUnwritten(t *testing.T) {
	s := newSite(t, enginetest.Embedded(t))
	db := &refusing{DB: s.db}
	db.refuses.Store(true)
	s.service.recorder.config.DB = db
	s.service.Start(t.Context())
	for range maxWaiting + batch + 500 {
		s.service.recorder.add(visit{shape: s.service.rules[1].now.Load(), key: "1", at: time.Now(), agent: "x"})
	}
	dropped := s.service.recorder.dropped.Load()
	if dropped < 500 || dropped > 500+batch {
		t.Errorf("%d dropped", dropped)
	}
	db.refuses.Store(false)
	all := int64(maxWaiting + batch + 500)
	for end := time.Now().Add(2 * time.Minute); s.service.recorder.written.Load()+dropped < all && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond) // a busy machine takes longer than there is when a server stops
	}
	s.service.Stop()
	if n := s.texts("select count(*)::text from visits"); n[0] != fmt.Sprint(all-dropped) {
		t.Errorf("%s visits written, %d dropped", n, dropped)
	}
}

// TestRows: visits are JSON whatever they are made of.
func TestRows(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 59, 59, 999_999_999, time.UTC)
	into := &insert{columns: []string{"link", "at", "referrer", "agent", "country", "visitor"}}
	from := netip.MustParseAddr("2001:db8::1")
	list := []visit{
		{key: `1"\`, at: at, referrer: "a.example", agent: "Mobile", country: "DE", from: from},
		{key: "ü\x01", at: at.Add(time.Microsecond), agent: "\xff\"", from: from},
		{key: "3", at: time.Unix(0, 0), agent: "\xff\"", from: from},
	}
	var got []map[string]*string
	if err := json.Unmarshal([]byte(into.rows(list, []byte("salt"))), &got); err != nil || len(got) != len(list) {
		t.Fatal(err, got)
	}
	for i, want := range []string{"2026-03-01T23:59:59.999999Z", "2026-03-02T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"} {
		if *got[i]["c0"] != list[i].key || *got[i]["c1"] != want || len(*got[i]["c5"]) != 20 {
			t.Errorf("%d: %v", i, got[i])
		}
	}
	if *got[0]["c2"] != "a.example" || got[1]["c2"] != nil || *got[0]["c3"] != Mobile || *got[0]["c4"] != "DE" {
		t.Errorf("%v", got)
	}
	if *got[0]["c5"] == *got[1]["c5"] || *got[1]["c5"] != *got[2]["c5"] {
		t.Error("visitors are not told apart by what they send alone")
	}
	var other []map[string]*string
	if err := json.Unmarshal([]byte(into.rows(list[:1], []byte("tlas"))), &other); err != nil || *other[0]["c5"] == *got[0]["c5"] {
		t.Error("a visitor is the same under another key", err)
	}
}

// TestLongHeaders: what waits of a visit is small, however much a client sends.
func TestLongHeaders(t *testing.T) {
	s := newSite(t, enginetest.Embedded(t))
	s.service.Start(t.Context())
	s.ask("GET", "/a", "User-Agent", "iPhone "+strings.Repeat("x", 60_000), "Referer", "https://a.example/"+strings.Repeat("y", 60_000))
	s.ask("GET", "/a", "User-Agent", "iPhone "+strings.Repeat("x", 50_000), "Referer", "https://"+strings.Repeat("z", 60_000))
	s.service.Stop()
	got := s.texts("select concat_ws(' ', coalesce(referrer, '-'), agent, count(visitor) over (partition by visitor)) from visits order by at, id")
	if want := []string{"a.example mobile 2", "- mobile 2"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("visits %q, expected %q", got, want)
	}
}

func TestKind(t *testing.T) {
	for agent, want := range map[string]string{
		"": Other, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36": Desktop,
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36": Mobile,
		"Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 Chrome/126.0 Safari/537.36":        Tablet,
		"Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)":                                                 Tablet, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)": Desktop,
		"curl/8.5.0": Bot, "Twitterbot/1.0": Bot, "Slackbot-LinkExpanding 1.0": Bot, "python-requests/2.31": Bot, "Mozilla/5.0 HeadlessChrome/126": Bot, "something": Other,
		"MOZILLA (WINDOWS NT 10.0)": Desktop, "B": Other, "bo": Other, "x bOt": Bot, "cros": Other, "X11; CrOS x86": Desktop, "feé mobİle": Other, "\xffbot\xfe": Bot,
		"Opera Mobi Android mobile tablet": Tablet, "Silk/1 like Chrome": Tablet, "httpx2": Bot, "tablebot": Bot, strings.Repeat("x", 5000) + "curl/": Bot,
	} {
		if got := Kind(agent); got != want {
			t.Errorf("%q: %s, expected %s", agent, got, want)
		}
	}
	for header, want := range map[string]string{
		"": "", "https://www.example.org/a?b": "example.org", "http://EXAMPLE.org:8080": "example.org", "android-app://com.example": "", "javascript:x": "",
		"https://own.example:1/x": "", "https://[::1]/": "::1", "https://" + strings.Repeat("x", 300): "", "https://a<b": "", "\x00": "",
		"http://own.example": "", "https://OWN.example/": "", "https://me:pw@a.example/": "a.example", "https://": "", "https:///x": "", "https://a.example?q": "a.example",
		"https://a.example#f": "a.example", "https://www.": "", "HTTPS://a.example/": "a.example", "https://ü.example/": "", "https://a.example:x/": "", "//a.example": "",
	} {
		if got := referrer(header, "own.example:99"); got != want {
			t.Errorf("%q: %q, expected %q", header, got, want)
		}
	}
}
