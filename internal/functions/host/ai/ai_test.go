package ai_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/host/ai"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
)

// fixture is a client of a server that answers as the API reference says.
type fixture struct {
	*testing.T
	db     database.DB
	client *ai.Client

	mu   sync.Mutex
	got  []map[string]any // requests
	head http.Header      // of the last one

	answer func(w http.ResponseWriter, r *http.Request)
}

func newFixture(t *testing.T, db database.DB, change func(*ai.Config)) *fixture {
	t.Helper()
	if err := migrate.Own(t.Context(), db, migrate.Part{Name: "ai", Steps: ai.Schema()}); err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, db: db}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	guard, err := outgoing.New(outgoing.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	c := ai.Config{BaseURL: server.URL + "/v1/", Key: "sk-test", Model: "small", EmbedModel: "vectors", DB: db, Guard: guard}
	if change != nil {
		change(&c)
	}
	if f.client, err = ai.New(c); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request map[string]any
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		f.Errorf("the request is no JSON: %v", err)
	}
	request["path"] = r.Method + " " + r.URL.Path
	f.mu.Lock()
	f.got, f.head = append(f.got, request), r.Header
	f.mu.Unlock()
	f.answer(w, r)
}

// says answers a text.
func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// completion is the chat completion object of the API reference.
func completion(text string, prompt, answer int) string {
	content, _ := json.Marshal(text)
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":1741569952,"model":"small-2026","choices":[{"index":0,
		"message":{"role":"assistant","content":%s,"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],
		"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`, content, prompt, answer, prompt+answer)
}

var hello = json.RawMessage(`[{"role":"user","content":"hello"}]`)

// tokens is what the database says was used.
func (f *fixture) tokens() int64 {
	f.Helper()
	rows, err := database.Records(f.Context(), database.Owner{DB: f.db}, "select coalesce(sum(tokens), 0) from galley.function_ai_usage")
	if err != nil {
		f.Fatal(err)
	}
	return rows[0].Int(0)
}

func TestChat(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		f := newFixture(t, db, nil)
		f.answer = says(200, completion("Hi <there>", 9, 4))
		temperature := 0.5
		a, err := f.client.Chat(t.Context(), ai.Request{Messages: hello, Temperature: &temperature, Stop: []string{"\n"}})
		want := ai.Answer{Text: "Hi <there>", FinishReason: "stop", Model: "small-2026", Usage: ai.Usage{Prompt: 9, Completion: 4, Total: 13}}
		if err != nil || !reflect.DeepEqual(a, want) {
			t.Errorf("%+v, %v", a, err)
		}
		sent := map[string]any{"path": "POST /v1/chat/completions", "model": "small", "max_tokens": 1024.0, "temperature": 0.5, "stop": []any{"\n"},
			"messages": []any{map[string]any{"role": "user", "content": "hello"}}}
		if !reflect.DeepEqual(f.got[0], sent) || f.head.Get("Authorization") != "Bearer sk-test" {
			t.Errorf("%v %v", f.got[0], f.head)
		}
		if n := f.tokens(); n != 13 {
			t.Errorf("%d tokens were counted", n)
		}
	})
}

func TestFailures(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   string
		status int
	}{
		"its error":   {says(401, `{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}`), "answered 401", 502},
		"its limit":   {says(429, `{"error":{"message":"Rate limit reached"}}`), "answered 429", 429},
		"a page":      {says(500, "<html>"), "answered 500", 502},
		"no JSON":     {says(200, "<html>"), "cannot be read", 502},
		"no choice":   {says(200, `{"choices":[],"usage":{"total_tokens":0}}`), "no answer", 502},
		"a refusal":   {says(200, `{"choices":[{"message":{"refusal":"I will not"}}],"usage":{"total_tokens":0}}`), "refused: I will not", 502},
		"a redirect":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, "does not follow", 502},
		"no response": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "cannot be reached", 502},
	} {
		before := f.tokens()
		f.answer = c.answer
		_, err := f.client.Chat(t.Context(), ai.Request{Messages: hello})
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.From(err).HTTPStatus != c.status {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no JSON" && f.tokens() != before { // which says nothing of what it took
			t.Errorf("%s: %d tokens were counted", name, f.tokens()-before)
		}
	}
	for name, r := range map[string]ai.Request{
		"nothing": {}, "no list": {Messages: json.RawMessage(`{}`)}, "empty": {Messages: json.RawMessage(`[]`)},
		"no role": {Messages: json.RawMessage(`[{"content":"x"}]`)}, "less than nothing": {Messages: hello, MaxTokens: -1},
	} {
		if _, err := f.client.Chat(t.Context(), r); fault.Code(err) != fault.InvalidParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTimeout ends a call that is not answered, at once and streamed.
func TestTimeout(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), func(c *ai.Config) { c.Timeout = 200 * time.Millisecond })
	f.answer = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	if _, err := f.client.Chat(t.Context(), ai.Request{Messages: hello}); fault.Code(err) != fault.QueryCanceled || f.tokens() != 0 {
		t.Errorf("%v, %d tokens", err, f.tokens())
	}
	f = newFixture(t, enginetest.Embedded(t), func(c *ai.Config) { c.Timeout = 5 * time.Second }) // the first words come before, on a busy machine too
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	s, err := f.client.Stream(t.Context(), ai.Request{Messages: hello})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if text, err := s.Next(); text != "a" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := s.Next(); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("%v", err)
	}
}

// TestStream reads chunks as the API reference has them, however they are cut.
func TestStream(t *testing.T) {
	const chunk = `data: {"id":"1","object":"chat.completion.chunk","model":"small-2026","choices":[{"index":0,"delta":{%s},"finish_reason":%s}],"usage":null}` + "\n\n"
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		f := newFixture(t, db, nil)
		f.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			stream := ": a comment\n\n" + fmt.Sprintf(chunk, `"role":"assistant","content":""`, "null") + fmt.Sprintf(chunk, `"content":"Hé"`, "null") +
				strings.ReplaceAll(fmt.Sprintf(chunk, `"content":"llo\n"`, "null"), "\n\n", "\r\n\r\n") + fmt.Sprintf(chunk, "", `"stop"`) +
				`data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}` + "\n\ndata: [DONE]\n\n"
			for i := range len(stream) { // cut anywhere
				_, _ = io.WriteString(w, stream[i:i+1])
				if i%97 == 0 {
					_ = http.NewResponseController(w).Flush()
				}
			}
		}
		s, err := f.client.Stream(t.Context(), ai.Request{Messages: hello})
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for {
			text, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, text)
		}
		if fmt.Sprintf("%q", parts) != `["Hé" "llo\n"]` {
			t.Errorf("%q", parts)
		}
		if a := s.Answer(); a.FinishReason != "stop" || a.Model != "small-2026" || a.Usage.Total != 7 {
			t.Errorf("%+v", a)
		}
		s.Close()
		s.Settle()
		if n := f.tokens(); n != 7 {
			t.Errorf("%d tokens were counted", n)
		}
		if f.got[0]["stream"] != true || fmt.Sprint(f.got[0]["stream_options"]) != "map[include_usage:true]" {
			t.Errorf("%v", f.got[0])
		}
		for body, want := range map[string]string{
			"data: {\"choices\":[]}\n\n": "cannot be reached", "data: {\n\n": "cannot be read", "data: {\"error\":{\"message\":\"over\"}}\n\n": "ended the answer",
			"data: " + strings.Repeat("x", 2<<20): "more than",
		} {
			f.answer = says(200, body)
			s, err := f.client.Stream(t.Context(), ai.Request{Messages: hello})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Next(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%.50q: %v", body, err)
			}
			s.Close()
		}
	})
}

func TestObject(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	schema := json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer"},"c":{"type":"string","pattern":"^[a-z]+$"}},"required":["n"],"additionalProperties":false}`)
	for text, want := range map[string]string{
		`{"n":9007199254740993,"c":"abc"}`: `{"n":9007199254740993,"c":"abc"}`,
		" ```json\n{\"n\":1}\n```\n":       `{"n":1}`,
		`{"n":"1"}`:                        "does not meet the schema",
		`{"n":1,"c":"ABC"}`:                "does not meet the schema",
		`{"n":1.5}`:                        "does not meet the schema",
		`{"n":1,"x":1}`:                    "does not meet the schema",
		`{"n":1`:                           "is no JSON",
		`{"n":1} {"n":2}`:                  "is no JSON",
		"I cannot":                         "is no JSON",
		"```json\n{\"n\":1}":               "is no JSON",
	} {
		f.answer = says(200, completion(text, 1, 1))
		o, err := f.client.Object(t.Context(), ai.Request{Messages: hello, Schema: schema, Name: "count"})
		got := string(o.Object)
		if err != nil {
			got = err.Error()
			if fault.Code(err) != ai.Unreadable || !strings.Contains(fault.From(err).Detail, text) {
				t.Errorf("%s: %+v", text, err)
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	format := fmt.Sprint(f.got[0]["response_format"])
	if !strings.HasPrefix(format, "map[json_schema:map[name:count schema:map[additionalProperties:false") || !strings.HasSuffix(format, "strict:true] type:json_schema]") {
		t.Error(format)
	}
	for name, r := range map[string]ai.Request{"none": {Messages: hello}, "no schema": {Messages: hello, Schema: json.RawMessage(`{"type":"nothing"}`)},
		"look-around": {Messages: hello, Schema: json.RawMessage(`{"pattern":"(?=x)"}`)}, "name": {Messages: hello, Schema: schema, Name: "a b"}} {
		if _, err := f.client.Object(t.Context(), r); fault.Code(err) != fault.InvalidParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEmbed(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t), nil)
	f.answer = says(200, `{"object":"list","data":[{"object":"embedding","index":1,"embedding":[0.5,-1]},{"object":"embedding","index":0,"embedding":[1e-3,2]}],
		"model":"vectors","usage":{"prompt_tokens":8,"total_tokens":8}}`)
	list, used, err := f.client.Embed(t.Context(), "", []string{"a", "b"})
	if err != nil || fmt.Sprint(list) != "[[0.001 2] [0.5 -1]]" || used.Total != 8 || f.tokens() != 8 {
		t.Errorf("%v, %+v, %v", list, used, err)
	}
	if got := f.got[0]; got["model"] != "vectors" || fmt.Sprint(got["input"]) != "[a b]" || got["path"] != "POST /v1/embeddings" {
		t.Errorf("%v", got)
	}
	if _, _, err := f.client.Embed(t.Context(), "", []string{"a", "b", "c"}); err == nil || !strings.Contains(err.Error(), "no embedding of text 3") {
		t.Errorf("%v", err)
	}
	if _, _, err := f.client.Embed(t.Context(), "", nil); fault.Code(err) != fault.InvalidParameter {
		t.Errorf("%v", err)
	}
}

// TestBudget holds that calls together never take more than the day has, whichever
// node makes them, and that what is not used is there for others.
func TestBudget(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		f := newFixture(t, db, func(c *ai.Config) { c.DailyTokens = 1000 })
		held := make(chan struct{})
		f.answer = func(w http.ResponseWriter, r *http.Request) {
			<-held
			says(200, completion("x", 20, 80))(w, r)
		}
		results := make(chan error, 8)
		for range 8 {
			go func() {
				_, err := f.client.Chat(t.Context(), ai.Request{Messages: hello, MaxTokens: 400})
				results <- err
			}()
		}
		refused := 0
		for range 6 { // two have room: each holds 400 and what its request has
			if err := <-results; fault.Code(err) == ai.OverBudget && fault.From(err).HTTPStatus == http.StatusTooManyRequests {
				refused++
			} else {
				t.Errorf("%v", err)
			}
		}
		close(held)
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if refused != 6 || f.tokens() != 200 {
			t.Errorf("%d were refused, %d tokens counted", refused, f.tokens())
		}
		if _, err := f.client.Chat(t.Context(), ai.Request{Messages: hello, MaxTokens: 400}); err != nil {
			t.Error(err)
		}
		if _, err := f.client.Chat(t.Context(), ai.Request{Messages: hello, MaxTokens: 990}); fault.Code(err) != ai.OverBudget {
			t.Error(err)
		}
		// A call whose context has ended holds nothing.
		before := f.tokens()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.client.Chat(ctx, ai.Request{Messages: hello, MaxTokens: 1}); err == nil || f.tokens() != before {
			t.Errorf("%v, %d tokens counted", err, f.tokens()-before)
		}
		if err := database.Run(t.Context(), database.Owner{DB: db}, "update galley.function_ai_usage set day = day - 1"); err != nil {
			t.Fatal(err)
		}
		f.answer = says(200, completion("x", 1, 1))
		if _, err := f.client.Chat(t.Context(), ai.Request{Messages: hello, MaxTokens: 900}); err != nil {
			t.Errorf("on a new day: %v", err)
		}
	})
}
