package functions

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Secrets of the tests; none is anybody's.
const (
	stripeSecret   = "whsec_for_tests"
	githubSecret   = "github for tests"
	telegramSecret = "telegram-for-tests"
	adminPassword  = "correct horse"
	tokenSecret    = "0123456789abcdef0123456789abcdef"
	openAIKey      = "key-for-tests"
)

// discordKey signs as Discord does.
func discordKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a seed of 32 bytes for the tests"))
}

func secrets(upstream string) map[string]string {
	public, _ := discordKey().Public().(ed25519.PublicKey)
	return map[string]string{
		"STRIPE_WEBHOOK_SECRET": stripeSecret, "GITHUB_WEBHOOK_SECRET": githubSecret, "TELEGRAM_SECRET": telegramSecret,
		"ADMIN_PASSWORD": adminPassword, "TOKEN_SECRET": tokenSecret, "OPENAI_API_KEY": openAIKey, "OPENAI_BASE_URL": upstream,
		"DISCORD_PUBLIC_KEY": hex.EncodeToString(public),
	}
}

func sum256(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// forms, as browsers post them.
func (e *environment) forms() []function {
	multi := typed("multipart/form-data; boundary=limit")
	const head = "--limit\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHolidays ä\r\n"
	const file = "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n%s\r\n"
	body := head + fmt.Sprintf(file, "a.bin", "application/octet-stream", "\x00\r\n--limi\xff") + fmt.Sprintf(file, "ü.txt", "text/plain", "") + "--limit--\r\n"
	sum := func(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }
	subscribe := func(name, body string, status int, like string) request {
		return request{name: name, path: "subscribe", headers: typed(form), body: body, status: status, like: like}
	}
	return []function{
		{"upload", []request{
			{name: "two files", path: "upload", headers: multi, body: body, status: 200,
				want: `{"title":"Holidays ä","files":[{"name":"a.bin","type":"application/octet-stream","size":10,"sha256":"` + sum("\x00\r\n--limi\xff") +
					`"},{"name":"ü.txt","type":"text/plain","size":0,"sha256":"` + sum("") + `"}]}`},
			{name: "none", path: "upload", headers: multi, body: head + "--limit--\r\n", status: 400, want: `{"error":"There is no file"}`},
			{name: "too large", path: "upload", headers: multi, body: fmt.Sprintf(file, "a", "text/plain", strings.Repeat("x", 1<<20+1)) + "--limit--\r\n", status: 413, want: `{"error":"Too large"}`},
			{name: "no form", path: "upload", body: "x", status: 415, want: `{"error":"A form with a file is expected"}`},
		}},
		{"subscribe", []request{
			{name: "the form", path: "subscribe", status: 200, like: `<!doctype html>.*<form method="post">.*`},
			{name: "no address", path: "subscribe", headers: typed(form), body: "email=x&name=y", status: 400, like: `.*<p role="alert">That is no address.</p>.*`},
			{name: "new", path: "subscribe", headers: typed(form), body: "email=Ada%40Example.com&name=Ada+%26+co", status: 303, like: ".*", then: func(t *testing.T, r *http.Response, _ string) {
				if at := r.Header.Get("Location"); !strings.HasSuffix(at, "/thanks") {
					t.Error(at)
				}
			}},
			subscribe("again", "email=ada%40example.com&name=Ada", 400, ".*You are on the list already.*"),
			subscribe("a robot", "email=a%40b.com&name=x&website=y", 200, ".*Thank you.*"),
			{name: "as stored", path: "/rest/v1/subscribers", as: e.server.Keys.ServiceRole, headers: map[string]string{"apikey": e.server.Keys.ServiceRole}, status: 200,
				want: `[{"email":"ada@example.com","name":"Ada & co"}]`},
		}},
	}
}

// database: functions over tables, as the caller and as the service.
func (e *environment) database() []function {
	service := e.server.Keys.ServiceRole
	ada, bob := e.server.Token(e.t, anna, nil), e.server.Token(e.t, bert, nil)
	return []function{
		{"my-todos", []request{
			{name: "Anna's first", path: "my-todos", as: ada, body: `{"title":"Milk"}`, status: 201, want: `{"title":"Milk","done":false}`},
			{name: "refused by the table", path: "my-todos", as: ada, body: `{"title":""}`, status: 400, want: `{"code":"23514"}`},
			{name: "Bert's", path: "my-todos", as: bob, status: 200, want: `{"todos":[]}`},
			{name: "Anna's", path: "my-todos", as: ada, status: 200, want: `{"todos":[{"title":"Milk","done":false}]}`},
		}},
		{"members", []request{
			{name: "nobody", path: "members", status: 401, want: `{"message":"Invalid credentials","code":"INVALID_CREDENTIALS"}`, header: map[string]string{"Access-Control-Allow-Origin": "*"}},
			{name: "with the public key", path: "members", headers: map[string]string{"apikey": e.server.Keys.Anon}, status: 401, like: ".*INVALID_CREDENTIALS.*"},
			{name: "a token of no account", path: "members", as: ada, status: 401, like: ".*INVALID_CREDENTIALS.*"},
			{name: "a program", path: "members", headers: map[string]string{"apikey": service}, status: 200, like: `\{"by":"default","rows":\d+\}`, then: e.member},
			{name: "asked beforehand", method: "OPTIONS", path: "members", status: 204},
		}},
		{"cleanup", []request{
			{name: "as anybody", path: "cleanup", as: e.server.Keys.Anon, status: 403, like: `\{"code":"FORBIDDEN".*`},
			{name: "as the service", path: "cleanup", as: service, status: 200, want: `{"deleted":2}`},
			{name: "again", path: "cleanup", as: service, status: 200, want: `{"deleted":0}`},
		}},
		{"report", []request{
			{name: "made", path: "/reports/daily", as: ada, body: `{"day":"2026-01-15"}`, status: 200, want: `{"day":"2026-01-15","posts":1,"new":true}`},
			{name: "again", path: "/reports/daily", as: ada, body: `{"day":"2026-01-15"}`, status: 200, want: `{"day":"2026-01-15","posts":1,"new":false}`},
			{name: "taken back", path: "/reports/daily", as: ada, body: `{"day":"2026-03-01","fail":true}`, status: 500, want: `{"error":"taken back","reports":0}`},
			{name: "no day", path: "/reports/daily", as: ada, body: `{"day":"'; drop table reports"}`, status: 400, want: `{"error":"day is no date"}`},
		}},
		{"rate-limit", []request{
			{name: "no key", path: "rate-limit", status: 401, want: `{"error":"X-Api-Key is missing"}`},
			{name: "first", path: "rate-limit", headers: key("a"), status: 200, want: `{"used":1}`, header: map[string]string{"RateLimit-Remaining": "2"}},
			{name: "second", path: "rate-limit", headers: key("a"), status: 200, want: `{"used":2}`},
			{name: "third", path: "rate-limit", headers: key("a"), status: 200, want: `{"used":3}`, header: map[string]string{"RateLimit-Remaining": "0"}},
			{name: "fourth", path: "rate-limit", headers: key("a"), status: 429, want: `{"error":"Too many calls"}`, header: map[string]string{"Retry-After": "60"}},
			{name: "another", path: "rate-limit", headers: key("b"), status: 200, want: `{"used":1}`},
		}},
		{"background", []request{
			{name: "before", path: "background?page=home", status: 200, want: `{"visits":0}`},
			{name: "accepted", path: "background", body: `{"page":"home"}`, status: 202, want: `{"accepted":"home"}`},
			{name: "after", path: "background?page=home", status: 200, want: `{"visits":1}`, eventually: true},
		}},
		{"send-mail", []request{
			{name: "no address", path: "send-mail", as: ada, body: `{"to":"x","name":"y"}`, status: 400, want: `{"error":"to is no address"}`},
			{name: "queued", path: "send-mail", as: ada, body: `{"to":"ada@example.com","name":"<Ada>"}`, status: 202, want: `{"queued":true}`},
		}},
	}
}

func key(k string) map[string]string { return map[string]string{"X-Api-Key": k} }

// webhooks are signed by those who send them.
func (e *environment) webhooks() []function {
	intent := `{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","amount":1250,"currency":"eur"}}}`
	other := strings.Replace(intent, "payment_intent.succeeded", "charge.refunded", 1)
	stripe := func(name, body, secret string, at time.Time, status int, like string) request {
		signature := fmt.Sprintf("t=%d,v1=%s", at.Unix(), sum256(secret, fmt.Sprintf("%d.%s", at.Unix(), body)))
		return request{name: name, path: "stripe-webhook", headers: map[string]string{"Stripe-Signature": signature}, body: body, status: status, like: like}
	}
	now := time.Now()
	push := `{"repository":{"full_name":"ada/engine"},"commits":[{},{}]}`
	github := func(name, event, delivery, body, secret string, status int, want string) request {
		return request{name: name, path: "github-webhook", body: body, status: status, want: want,
			headers: map[string]string{"X-Hub-Signature-256": "sha256=" + sum256(secret, body), "X-GitHub-Event": event, "X-GitHub-Delivery": delivery}}
	}
	return []function{
		{"stripe-webhook", []request{
			{name: "not signed", path: "stripe-webhook", body: intent, status: 400, want: "There is no signature"},
			stripe("signed", intent, stripeSecret, now, 200, `{"received":true,"new":true}`),
			stripe("again", intent, stripeSecret, now, 200, `{"received":true,"new":false}`),
			stripe("another event", other, stripeSecret, now, 200, `{"received":true,"ignored":"charge.refunded"}`),
			stripe("forged", intent, "another", now, 400, `No signatures found matching the expected signature for payload.*`),
			stripe("old", intent, stripeSecret, now.Add(-time.Hour), 400, `Timestamp outside the tolerance zone`),
		}},
		{"github-webhook", []request{
			github("ping", "ping", "1", `{}`, githubSecret, 200, `{"pong":true}`),
			github("a push", "push", "2", push, githubSecret, 200, `{"stored":1}`),
			github("again", "push", "2", push, githubSecret, 200, `{"stored":0}`),
			github("another event", "star", "3", push, githubSecret, 204, ""),
			github("forged", "push", "4", push, "another", 401, "The signature is wrong"),
			{name: "not signed", path: "github-webhook", body: push, status: 401, want: "The signature is wrong"},
			{name: "another method", path: "github-webhook", status: 405, like: ".*"},
		}},
		{"discord-bot", []request{
			discord("ping", `{"type":1}`, "", 200, `{"type":1}`),
			discord("a command", `{"type":2,"data":{"options":[{"name":"name","value":"Zoë"}]}}`, "", 200, `{"type":4,"data":{"content":"Hello, Zoë!"}}`),
			discord("an unknown type", `{"type":9}`, "", 400, `{"error":"bad request"}`),
			discord("changed", `{"type":1}`, " ", 401, `{"error":"Invalid request"}`),
			{name: "not signed", path: "discord-bot", body: `{"type":1}`, status: 401, want: `{"error":"Invalid request"}`},
		}},
		{"telegram-bot", []request{
			telegram("a stranger", "/start", "x", 405, "not allowed"),
			telegram("start", "/start", telegramSecret, 200, `{"method":"sendMessage","chat_id":7,"text":"Welcome, Ada!"}`),
			telegram("echo", "/echo@bot a  b", telegramSecret, 200, `{"method":"sendMessage","chat_id":7,"text":"a  b"}`),
			telegram("roll", "/roll x", telegramSecret, 200, `{"method":"sendMessage","chat_id":7,"text":"That is no die."}`),
			telegram("unknown", "hm", telegramSecret, 200, `{"method":"sendMessage","chat_id":7,"text":"I do not know that."}`),
			{name: "no text", path: "telegram-bot", headers: map[string]string{"X-Telegram-Bot-Api-Secret-Token": telegramSecret}, body: `{}`, status: 200},
		}},
	}
}

// discord signs a body, and sends it with more at its end.
func discord(name, body, more string, status int, want string) request {
	const timestamp = "1767323045"
	signature := hex.EncodeToString(ed25519.Sign(discordKey(), []byte(timestamp+body)))
	return request{name: name, path: "discord-bot", body: body + more, status: status, want: want,
		headers: map[string]string{"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}}
}

func telegram(name, text, secret string, status int, want string) request {
	return request{name: name, path: "telegram-bot", status: status, want: want, headers: map[string]string{"X-Telegram-Bot-Api-Secret-Token": secret},
		body: fmt.Sprintf(`{"message":{"chat":{"id":7},"from":{"first_name":"Ada"},"text":%q}}`, text)}
}

// calls of other services, and failures.
func (e *environment) calls() []function {
	return []function{
		{"chat-proxy", []request{
			{name: "streamed", path: "chat-proxy", body: `{"prompt":"say it"}`, status: 200, want: "say it, said the model"},
			{name: "refused", path: "chat-proxy", body: `{"prompt":"fail"}`, status: 502, want: `{"error":"upstream: 429"}`},
		}},
		{"fails", []request{
			{name: "works", path: "fails?by=2", status: 200, want: `{"result":0.5}`},
			{name: "throws", path: "fails?by=0", status: 500, like: `\{.*\}`, then: func(t *testing.T, _ *http.Response, body string) {
				if strings.Contains(body, "project") {
					t.Errorf("it tells where the project is: %s", body)
				}
			}},
			{name: "its trace", path: "/admin/v1/functions/fails/logs", as: e.server.Keys.ServiceRole, status: 200, eventually: true,
				like: `.*RangeError: division by zero\\n    at divide \(functions/_shared/divide\.ts:4:\d+\)\\n    at \w+ \(functions/fails/index\.ts:12:\d+\).*`},
		}},
	}
}

// newUpstream is a service that answers as OpenAI's does, in pieces that end anywhere.
func newUpstream(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		_, _ = io.ReadFull(r.Body, body)
		if r.URL.Path != "/chat/completions" || r.Header.Get("Authorization") != "Bearer "+openAIKey {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.Contains(string(body), `"fail"`) {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, piece := range []string{"data: {\"choices\":[{\"delta\":{\"content\":\"say it\"}}]}\n", "\ndata: {\"choices\":[{\"del", "ta\":{\"content\":\", said the model\"}}]}\n\ndata: [DONE]\n\n"} {
			_, _ = w.Write([]byte(piece))
			_ = http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// member signs somebody in, and calls as them.
func (e *environment) member(t *testing.T, _ *http.Response, _ string) {
	service := e.server.Keys.ServiceRole
	const account = `{"email":"eve@example.com","password":"purple-kettle-99-x","email_confirm":true}`
	headers := map[string]string{"apikey": service, "Content-Type": jsonType}
	request{name: "made", path: "/auth/v1/admin/users", as: service, headers: headers, body: account, status: 200, like: ".*"}.do(t, e.server)
	token := ""
	request{name: "signed in", path: "/auth/v1/token?grant_type=password", headers: headers, body: account, status: 200, like: ".*", then: func(t *testing.T, _ *http.Response, body string) {
		var session struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(body), &session); err != nil {
			t.Error(err)
		}
		token = session.Token
	}}.do(t, e.server)
	request{name: "a member", path: "members", as: token, body: "Bread", status: 200, want: `{"email":"eve@example.com","role":"authenticated","todos":["Bread"]}`}.do(t, e.server)
	request{name: "forged", path: "members", as: token[:len(token)-4] + "AAAA", status: 401, like: ".*"}.do(t, e.server)
}
