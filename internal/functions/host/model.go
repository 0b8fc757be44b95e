package host

import (
	"context"
	"errors"
	"io"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host/ai"
)

// stream is an answer of a model as it is made.
type stream interface {
	Next() (string, error)
	Answer() ai.Answer
	Settle()
	Close()
}

// asking is the call that asks a model, and the client; it counts as an outgoing
// call, and writes to the database.
func (s *Services) asking(ctx context.Context) (*call, *ai.Client, error) {
	c, err := writing(ctx, "ai")
	if err != nil {
		return nil, nil, err
	}
	if s.config.AI == nil {
		return nil, nil, fault.New(fault.ObjectNotInPrerequisite, "no model is configured").WithHint("Set ai.base_url and ai.model.")
	}
	return c, s.config.AI, c.spend()
}

// ask reads a request for the model and has it answered.
func (s *Services) ask(ctx context.Context, args []engine.Value, answer func(*call, *ai.Client, ai.Request) (engine.Value, error)) (engine.Value, error) {
	var r ai.Request
	if err := object(engine.Args(args).Text(0), "the request", &r); err != nil {
		return nil, err
	}
	c, client, err := s.asking(ctx)
	if err != nil {
		return nil, err
	}
	return answer(c, client, r)
}

// given is what a model answered, as JSON.
func given[T any](answer T, err error) (engine.Value, error) {
	if err != nil {
		return nil, err
	}
	return toJSON(answer)
}

// aiChat is ai.chat(request): an ai.Answer.
func (s *Services) aiChat(ctx context.Context, args []engine.Value) (engine.Value, error) {
	return s.ask(ctx, args, func(_ *call, model *ai.Client, r ai.Request) (engine.Value, error) { return given(model.Chat(ctx, r)) })
}

// aiObject is ai.object(request): an ai.Object.
func (s *Services) aiObject(ctx context.Context, args []engine.Value) (engine.Value, error) {
	return s.ask(ctx, args, func(_ *call, model *ai.Client, r ai.Request) (engine.Value, error) {
		return given(model.Object(ctx, r))
	})
}

// aiEmbed is ai.embed({model, input}): {embeddings, usage}.
func (s *Services) aiEmbed(ctx context.Context, args []engine.Value) (engine.Value, error) {
	var r struct {
		Model string   `json:"model"`
		Input []string `json:"input"`
	}
	if err := object(engine.Args(args).Text(0), "the request", &r); err != nil {
		return nil, err
	}
	_, client, err := s.asking(ctx)
	if err != nil {
		return nil, err
	}
	list, used, err := client.Embed(ctx, r.Model, r.Input)
	if err != nil {
		return nil, err
	}
	return toJSON(map[string]any{"embeddings": list, "usage": used})
}

// aiStream is ai.stream(request): the handle of an answer as it is made.
func (s *Services) aiStream(ctx context.Context, args []engine.Value) (engine.Value, error) {
	return s.ask(ctx, args, func(c *call, model *ai.Client, r ai.Request) (engine.Value, error) {
		opened, err := model.Stream(&c.ctx, r)
		if err != nil {
			return nil, err
		}
		return c.keep(&handle{stream: opened})
	})
}

// piece is what ai.next gives: a text, or, at the end, what is known of the answer.
type piece struct {
	Text   string     `json:"text,omitempty"`
	Answer *ai.Answer `json:"answer,omitempty"`
}

// aiNext is ai.next(handle): the next piece.
func (s *Services) aiNext(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c, n, h, err := handleOf(ctx, args)
	if err != nil {
		return nil, err
	}
	if h.stream == nil {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "the body is no answer of a model")
	}
	h.use.Lock()
	text, err := h.stream.Next()
	h.use.Unlock()
	if err == nil {
		return toJSON(piece{Text: text})
	}
	c.drop(n)
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	answer := h.stream.Answer()
	return toJSON(piece{Answer: &answer})
}
