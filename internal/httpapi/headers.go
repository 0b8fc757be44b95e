package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
)

// HeadersJSON returns the headers of a request as a JSON object, names in lower
// case: what current_setting('request.headers') says to policies and functions.
func HeadersJSON(r *http.Request) string {
	size := len(`{"host":""}`) + len(r.Host)
	for name, values := range r.Header {
		size += len(`,"":""`) + len(name)
		for _, v := range values {
			size += len(v) + len(", ")
		}
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(`{"host":`)
	writeString(&b, r.Host)
	for name, values := range r.Header {
		b.WriteByte(',')
		writeName(&b, name)
		b.WriteByte(':')
		if len(values) == 1 {
			writeString(&b, values[0])
		} else {
			writeString(&b, strings.Join(values, ", "))
		}
	}
	b.WriteByte('}')
	return b.String()
}

// writeName writes the name of a header in lower case.
func writeName(b *strings.Builder, name string) {
	if !isPlain(name) {
		writeString(b, strings.ToLower(name))
		return
	}
	b.WriteByte('"')
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	b.WriteByte('"')
}

// writeString writes a JSON string. Headers are nearly always plain ASCII.
func writeString(b *strings.Builder, s string) {
	if !isPlain(s) {
		text, _ := json.Marshal(s)
		b.Write(text)
		return
	}
	b.WriteByte('"')
	b.WriteString(s)
	b.WriteByte('"')
}

// isPlain tells that a text is ASCII of which JSON escapes nothing.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
