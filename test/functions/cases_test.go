package functions

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/galleyhq/galley/test/galleytest"
)

// environment is what the requests are made of.
type environment struct {
	t      *testing.T
	server *galleytest.Server
}

// function is the requests to one function, in their order.
type function struct {
	name     string
	requests []request
}

const (
	jsonType = "application/json"
	form     = "application/x-www-form-urlencoded"
	anna     = "11111111-1111-4111-8111-111111111111"
	bert     = "22222222-2222-4222-8222-222222222222"
)

func typed(contentType string) map[string]string {
	return map[string]string{"Content-Type": contentType}
}

func cases(e *environment) []function {
	all := [][]function{e.plain(), e.answers(), e.packages(), e.forms(), e.database(), e.webhooks(), e.calls()}
	var out []function
	for _, some := range all {
		out = append(out, some...)
	}
	return out
}

// plain functions: the first ones that people write.
func (e *environment) plain() []function {
	anon := e.server.Keys.Anon
	return []function{
		{"hello", []request{
			{name: "nobody", path: "hello", body: `{"name":"Ada"}`, status: 401, like: `\{.*\}`},
			{name: "a name", path: "hello", as: anon, body: `{"name":"Ada"}`, status: 200, want: `{"message":"Hello Ada!"}`, header: typed(jsonType)},
			{name: "none", path: "hello", as: anon, body: `{}`, status: 200, want: `{"message":"Hello World!"}`},
			{name: "of two bytes and four", path: "hello", as: anon, body: `{"name":"Zoë 🦊"}`, status: 200, want: `{"message":"Hello Zoë 🦊!"}`},
		}},
		{"cors", []request{
			{name: "asked beforehand", method: "OPTIONS", path: "cors", headers: map[string]string{"Origin": "https://a.example", "Access-Control-Request-Method": "POST"},
				status: 200, want: "ok", header: map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "authorization, x-client-info, apikey, content-type"}},
			{name: "called", path: "cors", body: `{"name":"Ada"}`, headers: map[string]string{"Origin": "https://a.example"},
				status: 200, want: `{"message":"Hello Ada!"}`, header: map[string]string{"Access-Control-Allow-Origin": "*", "Content-Type": jsonType}},
			{name: "no JSON", path: "cors", body: `{`, status: 400, want: `{"error":"SyntaxError"}`, header: map[string]string{"Access-Control-Allow-Origin": "*"}},
		}},
		{"geo", []request{
			{name: "a visitor", path: "geo", headers: map[string]string{"Accept-Language": "da, fr-CH;q=0.8, de;q=0.9, *;q=0.1", "Cf-Ipcountry": "CH"},
				status: 200, like: `\{"ip":.*,"country":"CH","greeting":"Guten Tag"\}`, header: map[string]string{"Content-Language": "de", "X-Around": "GET 200"}},
			{name: "unknown", path: "geo", status: 200, like: `.*"country":"unknown","greeting":"Hello"\}`},
		}},
		{"basic-auth", []request{
			{name: "nobody", path: "basic-auth", status: 401, want: "Who are you?", header: map[string]string{"WWW-Authenticate": `Basic realm="Staff", charset="UTF-8"`}},
			{name: "a wrong password", path: "basic-auth", headers: basic("ädmin", "nope"), status: 401, want: "Who are you?"},
			{name: "not Base64", path: "basic-auth", headers: map[string]string{"Authorization": "Basic !!"}, status: 401, want: "Who are you?"},
			{name: "right", path: "basic-auth", headers: basic("ädmin", adminPassword), status: 200, want: "Welcome, ädmin"},
		}},
		{"websocket", []request{
			{name: "no upgrade", path: "websocket", status: 426, want: "request isn't trying to upgrade to websocket."},
			{name: "upgrade", path: "websocket", headers: map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
				status: 501, like: ".*WebSocket.*"},
		}},
		{"legacy", []request{
			{name: "a number", path: "legacy?n=12", as: anon, status: 200, want: `{"square":144}`, header: typed(jsonType)},
			{name: "none", path: "legacy?n=x", as: anon, status: 400, want: "n is no whole number"},
		}},
	}
}

func basic(user, password string) map[string]string {
	return map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
}

// answers of other kinds than JSON.
func (e *environment) answers() []function {
	const style = "body { font-family: sans-serif }"
	return []function{
		{"stream-text", []request{
			{name: "lines", path: "stream-text", status: 200, want: "line 1\nline 2\nline 3\nline 4\nline 5\n", header: typed("text/plain; charset=utf-8"), then: chunked},
		}},
		{"sse", []request{
			{name: "events", path: "sse", headers: map[string]string{"Accept": "text/event-stream"}, status: 200, header: typed("text/event-stream"), then: chunked,
				want: "id: 1\nevent: tick\ndata: {\"n\":1}\n\nid: 2\nevent: tick\ndata: {\"n\":4}\n\nid: 3\nevent: tick\ndata: {\"n\":9}\n\n"},
			{name: "others", path: "sse", headers: map[string]string{"Accept": "text/html"}, status: 406, want: "Events only"},
		}},
		{"page", []request{
			{name: "escaped", path: "page?name=%3Cb%3E", status: 200, header: typed("text/html; charset=utf-8"),
				want: `<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>Hello &lt;b&gt;</title><style>` + style + `</style></head>` +
					`<body><h1>Hello &lt;b&gt;</h1><ul><li class="food">Fish &amp; &lt;chips&gt;</li><li>Plain</li></ul></body></html>`},
		}},
		{"rss", []request{
			{name: "at the root", path: "/rss.xml", status: 200, header: typed("application/rss+xml"),
				like: `<\?xml version="1.0" encoding="UTF-8"\?>\n<rss version="2.0">.*<title>Second &#38; last</title>.*<pubDate>Tue, 03 Feb 2026 00:00:00 GMT</pubDate>.*First &#60;post&#62;.*</rss>\n`,
				then: e.notModified},
			{name: "by its other path", path: "/feed", status: 200, like: "<.*"},
			{name: "another method", method: "POST", path: "/feed", status: 405, like: ".*", header: map[string]string{"Allow": "GET"}},
		}},
		{"go", []request{
			{name: "a link", path: "/go/docs", status: 302, header: map[string]string{"Location": "https://example.com/docs?a=1&b=2", "X-Visits": "1"}},
			{name: "again", path: "/go/docs", status: 302, header: map[string]string{"X-Visits": "2"}},
			{name: "no link", path: "/go/%27%20or%201%3D1", status: 404, want: "No such link"},
		}},
		{"csv-export", []request{
			{name: "as a caller", path: "csv-export", as: e.server.Keys.Anon, status: 200, header: map[string]string{"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="posts.csv"`},
				want: "slug,title,body,published\r\nfirst,First <post>,Hello,2026-01-02\r\nsecond,Second & last,\"It has a \"\"quote\"\", a comma, and\ntwo lines.\",2026-02-03\r\n"},
		}},
	}
}

// chunked checks that a body came as a stream: its length was not known beforehand.
func chunked(t *testing.T, r *http.Response, _ string) {
	if r.ContentLength >= 0 {
		t.Errorf("%s has a length of %d", r.Request.URL.Path, r.ContentLength)
	}
}

// notModified asks with the entity tag of an answer.
func (e *environment) notModified(t *testing.T, r *http.Response, _ string) {
	request{name: "known", path: "/rss.xml", headers: map[string]string{"If-None-Match": r.Header.Get("ETag")}, status: 304}.do(t, e.server)
}

// packages: functions that use one of npm.
func (e *environment) packages() []function {
	hono := func(name, path string, status int, want string) request {
		return request{name: name, path: "hono-api/" + path, status: status, want: want, header: map[string]string{"X-Served-By": "hono"}}
	}
	failing := hono("an error", "fail", 500, `{"error":"on purpose"}`)
	post := hono("post", "tasks", 201, `{"id":3,"title":"Sing"}`)
	post.body = `{"title":"Sing"}`
	return []function{
		{"hono-api", []request{
			hono("a list", "tasks", 200, `[{"id":1,"title":"Read"},{"id":2,"title":"Write"}]`),
			hono("one", "tasks/2", 200, `{"id":2,"title":"Write"}`),
			hono("none", "tasks/9", 404, "No such task"),
			hono("no number", "tasks/x", 404, `{"error":"Not found"}`),
			hono("queries", "search?q=a%20b&tag=x&tag=y", 200, "a b x+y before"),
			post, failing,
			{name: "asked beforehand", method: "OPTIONS", path: "hono-api/tasks", headers: map[string]string{"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"},
				status: 204, header: map[string]string{"Access-Control-Allow-Origin": "https://app.example.com"}},
		}},
		{"jwt", []request{
			{name: "made", path: "jwt", body: `{"user":"ada"}`, status: 200, like: `\{"token":"[\w-]+\.[\w-]+\.[\w-]+"\}`, then: e.checkToken},
			{name: "none", path: "jwt", status: 401, want: `{"error":"ERR_JWS_INVALID"}`},
			{name: "a pair of keys", path: "jwt?self", status: 200, want: `{"subject":"it","alg":"ES256"}`},
		}},
		{"validate", []request{
			{name: "right", path: "validate", body: `{"email":"a@example.com","items":[{"sku":"ABC-1","quantity":2}],"coupon":" ten ","at":"2026-01-02T03:04:05Z"}`,
				status: 200, want: `{"email":"a@example.com","items":[{"sku":"ABC-1","quantity":2}],"coupon":"TEN","at":1767323045000}`},
			{name: "wrong", path: "validate", body: `{"email":"a","items":[{"sku":"abc","quantity":0.5}],"more":1}`, status: 422,
				want: `{"issues":[{"code":"invalid_format","path":"email"},{"code":"invalid_format","path":"items.0.sku"},{"code":"invalid_type","path":"items.0.quantity"},{"code":"unrecognized_keys","path":""}]}`},
			{name: "no JSON", path: "validate", body: `nope`, status: 422, want: `{"issues":[{"code":"invalid_type","path":""}]}`},
		}},
	}
}

// checkToken shows a token that was made, whole and with a letter of it changed.
func (e *environment) checkToken(t *testing.T, _ *http.Response, body string) {
	token := strings.TrimSuffix(strings.TrimPrefix(body, `{"token":"`), `"}`)
	request{name: "checked", path: "jwt", headers: map[string]string{"X-Token": token}, status: 200, want: `{"user":"ada"}`}.do(t, e.server)
	parts := strings.Split(token, ".")
	parts[2] = strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, parts[2])
	request{name: "forged", path: "jwt", headers: map[string]string{"X-Token": strings.Join(parts, ".")}, status: 401,
		want: `{"error":"ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}`}.do(t, e.server)
}
