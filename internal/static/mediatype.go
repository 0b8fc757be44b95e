package static

import (
	"mime"
	"path"
	"strings"
)

// mediaTypes are those of the web, whatever the machine's own table says.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8",
	".css": "text/css; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".txt": "text/plain; charset=utf-8", ".md": "text/markdown; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".xml": "application/xml", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
	".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon",
	".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
	".pdf": "application/pdf", ".wasm": "application/wasm", ".zip": "application/zip",
	".mp3": "audio/mpeg", ".mp4": "video/mp4", ".webm": "video/webm",
}

// contentType is the media type of a file, by its name.
func contentType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if t, ok := mediaTypes[ext]; ok {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// cacheControl lets a file be kept for good whose name changes with its
// content, as bundlers name what they put into assets; any other is asked for
// again each time, which its ETag makes cheap.
func cacheControl(name string) string {
	if isAsset(name) && isFingerprinted(path.Base(name)) {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

func isAsset(name string) bool {
	for segment := range strings.SplitSeq(path.Dir(name), "/") {
		if segment == "assets" || segment == "static" || segment == "_app" || segment == "_next" {
			return true
		}
	}
	return false
}

// isFingerprinted tells whether the last part of a name before its extension
// looks like a hash: eight or more letters and digits, mixed.
func isFingerprinted(base string) bool {
	stem := strings.TrimSuffix(base, path.Ext(base))
	i := strings.LastIndexAny(stem, "-.")
	hash := stem[i+1:]
	if i < 0 || len(hash) < 8 {
		return false
	}
	var lower, upper, digit bool
	for j, c := range hash {
		switch {
		case '0' <= c && c <= '9':
			digit = true
		case 'a' <= c && c <= 'z':
			lower = true
		case 'A' <= c && c <= 'Z':
			upper = upper || j > 0 // a capitalized word is none
		case c != '_':
			return false
		}
	}
	return digit && (lower || upper) || lower && upper
}
