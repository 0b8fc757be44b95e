// Package value reads the values of a configuration. Each is a text, as the
// environment and flags give it, or what TOML makes of it: string, int64, float64,
// bool or []any. An error says what was expected instead.
//
//	listen, err := value.Text("127.0.0.1:8000")
//	workers, err := value.Integer(0, 1000)(int64(20))
package value

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text reads a text.
func Text(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("expected a string, got %s", Describe(v))
	}
	return s, nil
}

// Choice reads one of the texts that are allowed.
func Choice(allowed ...string) func(any) (string, error) {
	return func(v any) (string, error) {
		s, ok := v.(string)
		if !ok || !slices.Contains(allowed, s) {
			return "", fmt.Errorf("expected one of %s, got %s", strings.Join(allowed, ", "), Describe(v))
		}
		return s, nil
	}
}

// Boolean reads true or false, of text also 1 or 0.
func Boolean(v any) (bool, error) {
	switch v {
	case true, "true", "1":
		return true, nil
	case false, "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("expected true or false, got %s", Describe(v))
}

// Integer reads a whole number within bounds.
func Integer(least, most int64) func(any) (int64, error) {
	return func(v any) (int64, error) {
		n, ok := v.(int64)
		if s, isText := v.(string); isText {
			parsed, err := strconv.ParseInt(s, 10, 64)
			n, ok = parsed, err == nil
		}
		if !ok || n < least || n > most {
			return 0, fmt.Errorf("expected a whole number from %d to %d, got %s", least, most, Describe(v))
		}
		return n, nil
	}
}

// Size reads a number of bytes, with a unit (KiB, MiB, GiB) when it is text.
func Size(v any) (int64, error) {
	number, factor := v, int64(1)
	if s, ok := v.(string); ok {
		for i, unit := range []string{"KiB", "MiB", "GiB"} {
			if rest, found := strings.CutSuffix(s, unit); found {
				number, factor = strings.TrimSpace(rest), 1<<(10*(i+1))
			}
		}
	}
	n, err := Integer(1, 1<<40)(number)
	if err != nil || n > (1<<40)/factor {
		return 0, fmt.Errorf(`expected a size such as 1048576 or "10MiB", got %s`, Describe(number))
	}
	return n * factor, nil
}

// Ratio reads a number from 0 to 1.
func Ratio(v any) (float64, error) {
	f, err := -1.0, error(nil)
	switch v := v.(type) {
	case float64:
		f = v
	case int64:
		f = float64(v)
	case string:
		f, err = strconv.ParseFloat(v, 64)
	}
	if err != nil || !(f >= 0 && f <= 1) {
		return 0, fmt.Errorf("expected a number from 0 to 1, got %s", Describe(v))
	}
	return f, nil
}

// Duration reads a time span with its unit.
func Duration(v any) (time.Duration, error) {
	s, _ := v.(string)
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`expected a duration such as "10s" or "1m30s", got %s`, Describe(v))
	}
	return d, nil
}

// List reads texts. Where they are one text commas separate them, or it is a list as
// the file has it: ["a", "b"].
func List(v any) ([]string, error) {
	out := []string{}
	switch v := v.(type) {
	case string:
		if json.Unmarshal([]byte(v), &out) == nil && out != nil {
			return out, nil
		}
		out = []string{}
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("expected a list of strings, it holds %s", Describe(e))
			}
			out = append(out, s)
		}
	default:
		return nil, fmt.Errorf("expected a list of strings, got %s", Describe(v))
	}
	return out, nil
}

// Describe prints a value in a message. A secret never gets here: Text takes any
// string.
func Describe(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprint(v)
}
