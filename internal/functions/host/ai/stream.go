package ai

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Stream is an answer as it is made. It belongs to one goroutine.
type Stream struct {
	client *Client
	ctx    context.Context
	cancel context.CancelFunc
	body   io.ReadCloser
	lines  *bufio.Reader
	hold   reserved
	answer Answer
	used   *usage
	ended  bool
}

// maxLine bounds one event of a stream, in bytes.
const maxLine = 1 << 20

// Stream asks, and gives the answer as it is made. The caller closes it; ctx and
// Config.Timeout end it.
func (c *Client) Stream(ctx context.Context, r Request) (*Stream, error) {
	w, err := c.wire(r)
	if err != nil {
		return nil, err
	}
	w.Stream, w.StreamOptions = true, map[string]bool{"include_usage": true}
	text, err := json.Marshal(w)
	if err != nil {
		return nil, invalid("the request has no JSON").WithCause(err)
	}
	hold, err := c.reserve(ctx, text, max(w.MaxTokens, w.MaxCompletionTokens))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	resp, err := c.open(ctx, "/chat/completions", text)
	if err != nil {
		err = c.told(ctx, err)
		cancel()
		hold.settle(ctx, &usage{})
		return nil, err
	}
	return &Stream{client: c, ctx: ctx, cancel: cancel, body: resp.Body, hold: hold,
		lines: bufio.NewReaderSize(io.LimitReader(resp.Body, maxResponse), 4096)}, nil
}

// Next gives the next piece of text; io.EOF says that the answer is complete.
func (s *Stream) Next() (string, error) {
	for !s.ended {
		data, err := s.event()
		if err != nil {
			return "", s.client.told(s.ctx, err)
		}
		if data == "[DONE]" {
			s.ended = true
			break
		}
		var in chatResponse
		switch err := json.Unmarshal([]byte(data), &in); {
		case err != nil:
			return "", failed("a piece of the model's answer cannot be read").WithCause(err)
		case in.Error != nil:
			return "", failed("the model's server ended the answer").WithDetail("%s", clip(in.Error.Message))
		}
		if text := s.take(in); text != "" {
			return text, nil
		}
	}
	return "", io.EOF
}

func (s *Stream) take(in chatResponse) string {
	if in.Usage != nil {
		s.used = in.Usage
	}
	if in.Model != "" {
		s.answer.Model = in.Model
	}
	if len(in.Choices) == 0 {
		return ""
	}
	first := in.Choices[0]
	if first.FinishReason != "" {
		s.answer.FinishReason = first.FinishReason
	}
	return first.Delta.Content
}

// event reads the data of the next event (HTML standard, "Server-sent events").
func (s *Stream) event() (string, error) {
	var data []string
	size := 0
	for {
		line, err := s.line()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // [DONE] was not there
			}
			return "", err
		}
		if size += len(line); size > maxLine {
			return "", failed("an event of the model's server has more than %d bytes", maxLine)
		}
		if line == "" && len(data) > 0 {
			return strings.Join(data, "\n"), nil
		}
		if text, ok := strings.CutPrefix(line, "data:"); ok {
			data = append(data, strings.TrimPrefix(text, " "))
		}
	}
}

func (s *Stream) line() (string, error) {
	var out []byte
	for {
		part, more, err := s.lines.ReadLine()
		if err != nil {
			return "", err
		}
		if out = append(out, part...); len(out) > maxLine {
			return "", failed("a line of the model's server has more than %d bytes", maxLine)
		}
		if !more {
			return string(out), nil
		}
	}
}

// Answer is what is known beside the text, once Next gave io.EOF.
func (s *Stream) Answer() Answer {
	out := s.answer
	out.Usage = s.used.public()
	return out
}

// Close ends the answer, if it has not ended. It may be called while Next waits on
// another goroutine, which then fails.
func (s *Stream) Close() {
	s.cancel()
	_ = s.body.Close()
}

// Settle counts what the answer took, as far as the server said so. It is called
// once, when Next is called no more.
func (s *Stream) Settle() { s.hold.settle(s.ctx, s.used) }
