package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
)

// HeadersJSON returns the headers of a request as a JSON object, names in lower
// case: what current_setting('request.headers') says to policies and functions.
func HeadersJSON(r *http.Request) string {
	var b strings.Builder
	b.Grow(64 + 48*len(r.Header))
	b.WriteString(`{"host":`)
	writeString(&b, r.Host)
	for name, values := range r.Header {
		b.WriteByte(',')
		writeString(&b, strings.ToLower(name))
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

// writeString writes a JSON string. Headers are nearly always plain ASCII.
func writeString(b *strings.Builder, s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			text, _ := json.Marshal(s)
			b.Write(text)
			return
		}
	}
	b.WriteByte('"')
	b.WriteString(s)
	b.WriteByte('"')
}
