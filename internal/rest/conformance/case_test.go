package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// spec is one case: requests, and what must be true of their answers.
type spec struct {
	ID     string         `json:"id"`
	It     string         `json:"it"`
	Tier   string         `json:"tier"`
	Clean  bool           `json:"clean"`
	Config map[string]any `json:"config"`
	Steps  []step         `json:"steps"`
	JWTs   []tokenSpec    `json:"jwts"`
}

type tokenSpec struct {
	Claims json.RawMessage `json:"claims"`
	Secret string          `json:"secret_b64"`
}

type step struct {
	Method   string          `json:"method"`
	Path     json.RawMessage `json:"path"`
	Headers  [][2]string     `json:"headers"`
	Body     string          `json:"body"`
	BodyFile string          `json:"body_file"`
	Expect   *expectation    `json:"expect"`
	Assert   []assertion     `json:"assert"`
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// sharedDir finds the folder of cases: beside the repository.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			found := filepath.Join(filepath.Dir(dir), "shared", "conformance", "postgrest")
			if _, err := os.Stat(found); err == nil {
				return found
			}
		}
	}
	t.Skip("the cases of PostgREST are not beside the repository (../shared/conformance/postgrest)")
	return ""
}

// loadCases reads the cases of some tiers (see the README beside them).
func loadCases(t testing.TB, dir string, tiers ...string) []spec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []spec }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var out []spec
	for _, c := range file.Cases {
		if c.Clean && slices.Contains(tiers, c.Tier) {
			out = append(out, c)
		}
	}
	return out
}

// replay runs the steps of a case against a server and returns what is wrong
// with the answers, and the code of an error answered, the refusal if there is one.
func (c *spec) replay(base, dir string) (wrong []string, code string) {
	var done []answer
	for i := range c.Steps {
		a, err := c.send(base, dir, &c.Steps[i], done)
		if err != nil {
			return append(wrong, err.Error()), code
		}
		done = append(done, a)
		found := c.Steps[i].check(a)
		if len(found) > 0 && code != fault.FeatureNotSupported {
			_, code, _ = strings.Cut(a.header.Get("Proxy-Status"), "error=")
		}
		wrong = append(wrong, found...)
	}
	return wrong, code
}

func (c *spec) send(base, dir string, s *step, done []answer) (answer, error) {
	path, err := s.target(done)
	if err != nil {
		return answer{}, err
	}
	body := s.Body
	if s.BodyFile != "" {
		text, err := os.ReadFile(filepath.Join(dir, "fixtures", s.BodyFile))
		if err != nil {
			return answer{}, err
		}
		body = string(text)
	}
	host := strings.TrimPrefix(base, "http://")
	r := &http.Request{Method: s.Method, Host: host, Header: http.Header{}, ContentLength: int64(len(body)),
		URL:  &url.URL{Scheme: "http", Host: host, Opaque: "/rest/v1" + escapeTarget(path)},
		Body: io.NopCloser(strings.NewReader(body))}
	for _, h := range s.Headers {
		r.Header.Add(h[0], c.expand(h[1]))
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, text}, err
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableCompression: true}}

// target is the path of a step: given, or taken from the answer of another.
func (s *step) target(done []answer) (string, error) {
	var path string
	if json.Unmarshal(s.Path, &path) == nil {
		return path, nil
	}
	var from struct {
		Step   int `json:"from_step"`
		Header string
	}
	if err := json.Unmarshal(s.Path, &from); err != nil {
		return "", err
	}
	return done[from.Step].header.Get(from.Header), nil
}

// escapeTarget escapes a path as the cases mean it: text of Latin-1 characters
// stands for bytes.
func escapeTarget(path string) string {
	bytes := []byte(path)
	if latin := latin1(path); latin != nil {
		bytes = latin
	}
	const safe = "/?&=%!$'()*+,:;@[]~-._"
	var b strings.Builder
	for _, c := range bytes {
		if c < 0x80 && (strings.IndexByte(safe, c) >= 0 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func latin1(s string) []byte {
	var out []byte
	for _, r := range s {
		if r > 0xff {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{jwt:(\d+)\}\}`)

// expand replaces the tokens that a header names by signed ones.
func (c *spec) expand(value string) string {
	return placeholder.ReplaceAllStringFunc(value, func(m string) string {
		n, _ := strconv.Atoi(placeholder.FindStringSubmatch(m)[1])
		return sign(c.JWTs[n])
	})
}

var relativeTime = regexp.MustCompile(`\{\s*"\$now"\s*:\s*(-?\d+)\s*\}`)

func sign(t tokenSpec) string {
	claims := relativeTime.ReplaceAllStringFunc(string(t.Claims), func(m string) string {
		offset, _ := strconv.ParseInt(relativeTime.FindStringSubmatch(m)[1], 10, 64)
		return strconv.FormatInt(time.Now().Unix()+offset, 10)
	})
	secret, _ := base64.StdEncoding.DecodeString(t.Secret)
	text := encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(claims))
	return text + "." + encode(signature(secret, text))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func signature(secret []byte, text string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
