package hook

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/outgoing"
)

// post calls a hook by HTTP, up to three times within five seconds: again when it
// could not be reached, or asks for it by 429 or 503 with Retry-After.
func (h *Hooks) post(ctx context.Context, t target, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	id := store.NewID() // the same for all tries, so that a receiver can tell
	for try := range tries {
		at := time.Now()
		answer, err := h.config.Guard.Do(ctx, outgoing.Request{
			Method: http.MethodPost, URL: t.uri, Body: body, Timeout: httpTimeout, MaxBody: maxAnswer,
			Header: http.Header{
				"Content-Type": {"application/json"}, "Accept-Encoding": {"identity"}, "Webhook-Id": {id},
				"Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {sign(t.secrets, id, at, body)},
			},
		})
		if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			return nil, timedOut(httpTimeout).Because(err)
		}
		if _, refused := errors.AsType[*outgoing.Refused](err); refused {
			return nil, unexpected("Error running hook URI: %s", t.uri).Because(err)
		}
		if err == nil && !again(answer) {
			return body200(answer)
		}
		if try == tries-1 {
			return nil, afterTries(err)
		}
		if err := pause(ctx, h.backoff); err != nil {
			return nil, timedOut(httpTimeout).Because(err)
		}
	}
	return nil, afterTries(nil)
}

func afterTries(err error) error {
	if err == nil {
		return unexpected("Service currently unavailable due to hook")
	}
	return autherr.New(http.StatusUnprocessableEntity, autherr.HookTimeoutAfterRetry, "Failed to reach hook after maximum retries").Because(err)
}

func again(answer *outgoing.Response) bool {
	busy := answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusServiceUnavailable
	return busy && answer.Header.Get("Retry-After") != ""
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// body200 is the body of an answer that says yes, nil for one without.
func body200(answer *outgoing.Response) ([]byte, error) {
	switch answer.Status {
	case http.StatusNoContent:
		return nil, nil
	case http.StatusOK, http.StatusAccepted:
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return nil, unexpected("Service currently unavailable due to hook")
	case http.StatusBadRequest:
		return nil, unexpected("Invalid payload sent to hook")
	case http.StatusUnauthorized:
		return nil, unexpected("Hook requires authorization token")
	default:
		return nil, unexpected("Unexpected status code returned from hook: %d", answer.Status)
	}
	contentType := answer.Header.Get("Content-Type")
	invalid := func(format string, args ...any) error {
		return autherr.New(http.StatusBadRequest, autherr.HookPayloadInvalidContentType, format, args...)
	}
	if contentType == "" {
		return nil, invalid("Invalid Content-Type: Missing Content-Type header")
	}
	media, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return nil, invalid("Invalid Content-Type header: %s", err)
	case media != "application/json":
		return nil, invalid("Invalid JSON response. Received content-type: %s", contentType)
	case answer.Truncated:
		return nil, autherr.New(http.StatusUnprocessableEntity, autherr.HookPayloadOverSizeLimit, "Payload size exceeded size limit of %d bytes", maxAnswer)
	case len(answer.Body) == 0:
		return nil, unexpected("Error unmarshaling JSON output.")
	}
	return answer.Body, nil
}
