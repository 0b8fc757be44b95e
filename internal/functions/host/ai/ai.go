// Package ai asks a language model, by the interface that OpenAI's servers and many
// others have (https://platform.openai.com/docs/api-reference/chat and
// …/embeddings): chat, at once or as a stream, answers that meet a JSON Schema, and
// embeddings.
//
//	client, err := ai.New(ai.Config{BaseURL: "https://api.openai.com/v1", Key: key, Model: "gpt-4o-mini", DB: db})
//	answer, err := client.Chat(ctx, ai.Request{Messages: messages})
//
// The tokens of a day are counted in the database, by all nodes together: what a
// call may take is reserved before it and settled after it, so that calls at the
// same time do not go over the budget together.
package ai

import (
	"bytes"
	"context"
	_ "embed" // the table
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/outgoing"
)

//go:embed tables.sql
var tables string

// Schema is the steps that build the table of this package, for migrate.Own.
func Schema() []string { return []string{tables} }

// Config is what a client needs to know. Only BaseURL and DB are required.
type Config struct {
	BaseURL     string // up to /v1
	Key         string // shown as a bearer token, "" for none
	Model       string // of chat, when the request names none
	EmbedModel  string // of embeddings
	Timeout     time.Duration
	MaxTokens   int64 // of an answer when the request says nothing; 1,024 by default
	DailyTokens int64 // 0 does not bound them
	DB          database.DB
	Guard       *outgoing.Guard // that lets BaseURL through
	Logger      *slog.Logger    // nil means slog.Default
}

// Bounds that are not configured.
const (
	maxRequest  = 4 << 20  // bytes
	maxResponse = 16 << 20 // bytes
	maxProblem  = 4 << 10  // bytes of an error's body that are looked at
	maxInputs   = 2048     // texts embedded at once
)

// Client asks. Its methods may be called from any goroutine.
type Client struct{ config Config }

// New returns a client.
func New(c Config) (*Client, error) {
	if c.DB == nil || c.Guard == nil || c.BaseURL == "" {
		return nil, errors.New("ai: no database, no guard or no address")
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.MaxTokens <= 0 {
		c.MaxTokens = 1024
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	return &Client{c}, nil
}

// Request is what is asked. Only Messages is required.
type Request struct {
	Model       string          `json:"model"`
	Messages    json.RawMessage `json:"messages"` // as the interface has them
	MaxTokens   int64           `json:"maxTokens"`
	Temperature *float64        `json:"temperature"`
	TopP        *float64        `json:"topP"`
	Seed        *int64          `json:"seed"`
	Stop        []string        `json:"stop"`
	Tools       json.RawMessage `json:"tools"`
	ToolChoice  json.RawMessage `json:"toolChoice"`
	// Schema is a JSON Schema that the answer is to meet; only for Object.
	Schema json.RawMessage `json:"schema"`
	Name   string          `json:"name"` // of the schema
}

// Answer is what a model said.
type Answer struct {
	Text         string          `json:"text"`
	FinishReason string          `json:"finishReason"`
	Model        string          `json:"model"`
	ToolCalls    json.RawMessage `json:"toolCalls,omitempty"`
	Usage        Usage           `json:"usage"`
}

// Usage is the tokens of a call, as the server counts them; zeros if it says nothing.
type Usage struct {
	Prompt     int64 `json:"promptTokens"`
	Completion int64 `json:"completionTokens"`
	Total      int64 `json:"totalTokens"`
}

// usage is Usage as it comes.
type usage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
	Total      int64 `json:"total_tokens"`
}

// wire is a request as it is sent.
type wire struct {
	Model               string          `json:"model"`
	Messages            json.RawMessage `json:"messages"`
	MaxTokens           int64           `json:"max_tokens,omitempty"`
	MaxCompletionTokens int64           `json:"max_completion_tokens,omitempty"`
	Temperature         *float64        `json:"temperature,omitempty"`
	TopP                *float64        `json:"top_p,omitempty"`
	Seed                *int64          `json:"seed,omitempty"`
	Stop                []string        `json:"stop,omitempty"`
	Tools               json.RawMessage `json:"tools,omitempty"`
	ToolChoice          json.RawMessage `json:"tool_choice,omitempty"`
	ResponseFormat      any             `json:"response_format,omitempty"`
	Stream              bool            `json:"stream,omitempty"`
	StreamOptions       any             `json:"stream_options,omitempty"`
}

// Codes of the errors of this package beside those of fault.
const (
	OverBudget = "53400" // configuration limit exceeded
	Failed     = "58000" // the server's doing
	Unreadable = "22P02" // an answer that does not meet its schema
)

func (c *Client) wire(r Request) (wire, error) {
	w := wire{Model: r.Model, Messages: r.Messages, Temperature: r.Temperature, TopP: r.TopP, Seed: r.Seed, Stop: r.Stop,
		Tools: r.Tools, ToolChoice: r.ToolChoice}
	if w.Model == "" {
		w.Model = c.config.Model
	}
	most := r.MaxTokens
	if most == 0 {
		most = c.config.MaxTokens
	}
	var messages []struct {
		Role string `json:"role"`
	}
	switch err := json.Unmarshal(r.Messages, &messages); {
	case w.Model == "":
		return w, invalid("no model is named").WithHint("Name one, or set ai.model.")
	case most < 1:
		return w, invalid("an answer of %d tokens", most)
	case err != nil || len(messages) == 0:
		return w, invalid("messages are a list of {role, content}, at least one")
	}
	for i, m := range messages {
		if m.Role == "" {
			return w, invalid("message %d has no role", i+1)
		}
	}
	// OpenAI's newer models refuse the name that all other servers know.
	if u, err := url.Parse(c.config.BaseURL); err == nil && u.Hostname() == "api.openai.com" {
		w.MaxCompletionTokens = most
	} else {
		w.MaxTokens = most
	}
	return w, nil
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.InvalidParameter, format, args...)
}

// chatResponse is the answer to a chat, and a piece of a streamed one.
type chatResponse struct {
	Model   string `json:"model"`
	Choices []struct {
		Message      spoken `json:"message"`
		Delta        spoken `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *usage   `json:"usage"`
	Error *problem `json:"error"`
}

type spoken struct {
	Content   string          `json:"content"`
	Refusal   string          `json:"refusal"`
	ToolCalls json.RawMessage `json:"tool_calls"`
}

type problem struct {
	Message string `json:"message"`
}

// Chat asks, and waits for the whole answer.
func (c *Client) Chat(ctx context.Context, r Request) (Answer, error) {
	w, err := c.wire(r)
	if err != nil {
		return Answer{}, err
	}
	return c.chat(ctx, w)
}

func (c *Client) chat(ctx context.Context, w wire) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	var in chatResponse
	used, err := c.ask(ctx, "/chat/completions", w, max(w.MaxTokens, w.MaxCompletionTokens), func(body io.Reader) (*usage, error) {
		err := decode(body, &in)
		return in.Usage, err
	})
	if err != nil {
		return Answer{}, err
	}
	if len(in.Choices) == 0 {
		return Answer{}, failed("the model's server gave no answer")
	}
	first := in.Choices[0]
	if first.Message.Refusal != "" && first.Message.Content == "" {
		return Answer{}, failed("the model refused: %s", clip(first.Message.Refusal))
	}
	return Answer{Text: first.Message.Content, FinishReason: first.FinishReason, Model: in.Model, ToolCalls: first.Message.ToolCalls, Usage: used}, nil
}

// ask makes a call within the budget, and has read take its response.
func (c *Client) ask(ctx context.Context, path string, body any, answer int64, read func(io.Reader) (*usage, error)) (Usage, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Usage{}, invalid("the request has no JSON").WithCause(err)
	}
	hold, err := c.reserve(ctx, text, answer)
	if err != nil {
		return Usage{}, err
	}
	resp, err := c.open(ctx, path, text)
	if err != nil {
		hold.settle(ctx, &usage{})
		return Usage{}, c.told(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	used, err := read(io.LimitReader(resp.Body, maxResponse))
	hold.settle(ctx, used) // what was answered was paid for, readable or not
	if err != nil {
		return Usage{}, c.told(ctx, err)
	}
	return used.public(), nil
}

func (u *usage) public() Usage {
	if u == nil {
		return Usage{}
	}
	return Usage{Prompt: u.Prompt, Completion: u.Completion, Total: u.sum()}
}

func (u *usage) sum() int64 { return max(u.Total, u.Prompt+u.Completion, 0) }

// open makes a call, and gives a response of status 200.
func (c *Client) open(ctx context.Context, path string, body []byte) (*http.Response, error) {
	if len(body) > maxRequest {
		return nil, invalid("the request has %d bytes, at most %d", len(body), maxRequest)
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Galley"}}
	if c.config.Key != "" {
		header.Set("Authorization", "Bearer "+c.config.Key)
	}
	resp, err := c.config.Guard.Open(ctx, outgoing.Streamed{Method: "POST", URL: c.config.BaseURL + path, Header: header,
		Body: bytes.NewReader(body), Redirect: outgoing.RedirectError})
	if err != nil || resp.StatusCode == http.StatusOK {
		return resp, err
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, refusal(resp)
}

// refusal is the error of a response of another status than 200, with what the
// server says of it.
func refusal(resp *http.Response) error {
	var said struct {
		Error *problem `json:"error"`
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	err := failed("the model's server answered %d", resp.StatusCode)
	if json.Unmarshal(text, &said) == nil && said.Error != nil && said.Error.Message != "" {
		err = err.WithDetail("%s", clip(said.Error.Message))
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		err = err.WithStatus(http.StatusTooManyRequests)
	}
	return err
}

// failed is an error that is the server's doing: the function may try again.
func failed(format string, args ...any) *fault.Error {
	return fault.New(Failed, format, args...).WithStatus(http.StatusBadGateway)
}

// told is an error as a function may see it.
func (c *Client) told(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(fault.QueryCanceled, "the model did not answer within %s", c.config.Timeout).WithStatus(http.StatusGatewayTimeout).WithHint("ai.timeout bounds it.")
	}
	return failed("the model's server cannot be reached: %v", err)
}

func decode(body io.Reader, v any) error {
	err := json.NewDecoder(body).Decode(v)
	if err != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return err
	}
	if err != nil {
		return failed("the answer of the model's server cannot be read").WithCause(err)
	}
	return nil
}

func clip(s string) string {
	const most = 500
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// Embed gives the embeddings of texts, in order.
func (c *Client) Embed(ctx context.Context, model string, inputs []string) ([][]float64, Usage, error) {
	if model == "" {
		model = c.config.EmbedModel
	}
	switch {
	case model == "":
		return nil, Usage{}, invalid("no model is named").WithHint("Name one, or set ai.embed_model.")
	case len(inputs) == 0 || len(inputs) > maxInputs:
		return nil, Usage{}, invalid("%d texts to embed, from 1 to %d are possible", len(inputs), maxInputs)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	var in struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float64 `json:"embedding"`
		} `json:"data"`
		Usage *usage `json:"usage"`
	}
	used, err := c.ask(ctx, "/embeddings", map[string]any{"model": model, "input": inputs}, 0, func(body io.Reader) (*usage, error) {
		err := decode(body, &in)
		return in.Usage, err
	})
	if err != nil {
		return nil, Usage{}, err
	}
	out := make([][]float64, len(inputs))
	for _, d := range in.Data {
		if d.Index >= 0 && d.Index < len(out) {
			out[d.Index] = d.Embedding
		}
	}
	for i, e := range out {
		if len(e) == 0 {
			return nil, Usage{}, failed("the model's server gave no embedding of text %d", i+1)
		}
	}
	return out, used, nil
}

// reserved is tokens held in the budget for a call under way.
type reserved struct {
	client *Client
	day    string
	tokens int64
}

// reserve holds what a call may take: its answer, and a token for each four bytes
// that it sends. An error of code OverBudget says that the day has no more.
func (c *Client) reserve(ctx context.Context, request []byte, answer int64) (reserved, error) {
	tokens := int64(len(request)+3)/4 + answer
	rows, err := database.Records(ctx, database.Owner{DB: c.config.DB}, `insert into galley.function_ai_usage as u (day, tokens, calls)
		select (now() at time zone 'UTC')::date, $1::bigint, 1 where $2::bigint = 0 or $1::bigint <= $2::bigint
		on conflict (day) do update set tokens = u.tokens + excluded.tokens, calls = u.calls + 1
			where $2::bigint = 0 or u.tokens + excluded.tokens <= $2::bigint
		returning day`, tokens, c.config.DailyTokens)
	switch {
	case err != nil:
		return reserved{}, err
	case len(rows) == 0:
		return reserved{}, fault.New(OverBudget, "the day's budget of %d tokens has no room for %d more", c.config.DailyTokens, tokens).
			WithStatus(http.StatusTooManyRequests).WithHint("ai.daily_tokens bounds it; a new day begins at midnight UTC.")
	}
	return reserved{c, rows[0].Text(0), tokens}, nil
}

// settleTime bounds the statement that settles.
const settleTime = 5 * time.Second

// settle counts what was used in the place of what was held; nil leaves it, because
// nobody said.
func (r reserved) settle(ctx context.Context, used *usage) {
	if used == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	err := database.Run(ctx, database.Owner{DB: r.client.config.DB}, `update galley.function_ai_usage set tokens = greatest(tokens + $2::bigint, 0) where day = $1::date`,
		r.day, used.sum()-r.tokens)
	if err != nil {
		r.client.config.Logger.WarnContext(ctx, "functions: the tokens of a call were not settled", "error", fmt.Errorf("%d of %d: %w", used.sum(), r.tokens, err))
	}
}
