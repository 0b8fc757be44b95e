package password

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what the service asks for; nothing is kept under it
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/outgoing"
)

// Leaks asks a service whether a password stands in a known leak, without telling
// it the password: it is asked for all hashes with the same first five digits
// (k-anonymity; haveibeenpwned.com, API v3, "Searching by range"). A nil *Leaks
// knows of none.
type Leaks struct {
	Guard *outgoing.Guard
	// URL of the service up to the digits; Have I Been Pwned by default.
	URL string
	// FailClosed refuses passwords while the service gives no answer. Otherwise
	// they pass, and the log has a warning.
	FailClosed bool
	Log        *slog.Logger
}

const (
	leakURL     = "https://api.pwnedpasswords.com/range/"
	leakTimeout = 5 * time.Second
	leakAnswer  = 1 << 20 // bytes; about 40 kB are usual
	prefixSize  = 5
)

func (l *Leaks) has(ctx context.Context, password string) (bool, error) {
	if l == nil {
		return false, nil
	}
	leaked, err := l.ask(ctx, password)
	switch {
	case err == nil:
		return leaked, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case l.FailClosed:
		return false, fmt.Errorf("%w: %w", ErrUnchecked, err)
	}
	l.Log.WarnContext(ctx, "the service of leaked passwords gave no answer: passwords are taken without it", "error", err)
	return false, nil
}

func (l *Leaks) ask(ctx context.Context, password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see above
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	url := l.URL
	if url == "" {
		url = leakURL
	}
	answer, err := l.Guard.Do(ctx, outgoing.Request{
		URL: url + hash[:prefixSize], Timeout: leakTimeout, MaxBody: leakAnswer,
		// Padding hides from those who watch the network how long the answer is.
		Header: http.Header{"Add-Padding": {"true"}, "User-Agent": {"galley"}},
	})
	if err != nil {
		return false, err
	}
	if answer.Status != http.StatusOK || answer.Truncated {
		return false, fmt.Errorf("it answered with status %d and %d bytes", answer.Status, len(answer.Body))
	}
	return listed(answer.Body, hash[prefixSize:]), nil
}

// listed finds the rest of a hash in lines of rest:count. A count of 0 is padding.
func listed(body []byte, rest string) bool {
	for line := range bytes.Lines(body) {
		suffix, count, ok := strings.Cut(strings.TrimSpace(string(line)), ":")
		if !ok || !strings.EqualFold(suffix, rest) {
			continue
		}
		n, err := strconv.ParseUint(count, 10, 64)
		return err == nil && n > 0
	}
	return false
}
