package web

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed js
var files embed.FS

// File is one file of JavaScript: the body of a function of (host, globalThis,
// exports). What it assigns to exports is there for the files after it.
type File struct{ Name, Source string }

// part is a file of ours. One with names is evaluated when a script first reads
// one of them; internal are names that only our own files read.
type part struct {
	file     string
	names    string
	internal string
}

// parts is in the order of evaluation: a file stands on those before it.
var parts = []part{
	{file: "core"},
	{file: "exception", names: "DOMException"},
	{file: "console"},
	{file: "inspect", internal: "inspect format table"},
	{file: "encoding"},
	{file: "timers"},
	{file: "intl/base", internal: "intlBase"},
	{file: "intl/numbers", internal: "numbers"},
	{file: "intl/dates", internal: "dates"},
	{file: "intl/plurals", internal: "plurals"},
	{file: "intl/lists", internal: "lists"},
	{file: "intl/collator", internal: "collation"},
	{file: "intl/intl", names: "Intl"},
	{file: "locale"},
	{file: "event", names: "Event EventTarget CustomEvent ErrorEvent MessageEvent CloseEvent ProgressEvent PromiseRejectionEvent", internal: "event target handlers"},
	{file: "abort", names: "AbortController AbortSignal", internal: "abort"},
	{file: "streams/promises", names: "CountQueuingStrategy ByteLengthQueuingStrategy", internal: "stream"},
	{file: "streams/readable", names: "ReadableStream ReadableStreamDefaultReader ReadableStreamDefaultController", internal: "readable"},
	{file: "streams/bytes", names: "ReadableByteStreamController ReadableStreamBYOBRequest ReadableStreamBYOBReader", internal: "byteStream"},
	{file: "streams/bodies", internal: "bodyStreams"},
	{file: "streams/pipe", internal: "pipe tee"},
	{file: "streams/writable", names: "WritableStream WritableStreamDefaultWriter WritableStreamDefaultController", internal: "writable"},
	{file: "streams/transform", names: "TransformStream TransformStreamDefaultController TextEncoderStream TextDecoderStream", internal: "transform"},
	{file: "compression", names: "CompressionStream DecompressionStream"},
	{file: "clone", names: "structuredClone"},
	{file: "websocket", names: "WebSocket"},
	{file: "blob", names: "Blob File", internal: "blob"},
	{file: "formdata", names: "FormData", internal: "formData"},
	{file: "crypto/keys", names: "CryptoKey", internal: "keys"},
	{file: "crypto/transfer", internal: "keyTransfer"},
	{file: "crypto/subtle", names: "crypto Crypto SubtleCrypto"},
	{file: "headers"},
	{file: "url"},
	{file: "pattern", internal: "pattern"},
	{file: "urlpattern", names: "URLPattern"},
	{file: "body"},
	{file: "request"},
	{file: "response"},
	{file: "fetch"},
	{file: "node"},
}

// Source is the script that makes a new instance's global objects: our files, then
// more (module galley, the server's part). It reads the host from globalThis.__host,
// which the event loop takes away before any code of a project runs; projects find
// exports.modules as __modules.
func Source(more ...File) (string, error) {
	var b strings.Builder
	b.WriteString("(function () {\nconst host = globalThis.__host;\nconst exports = {};\n")
	for _, p := range parts {
		source, err := files.ReadFile("js/" + p.file + ".js")
		if err != nil {
			return "", fmt.Errorf("the script of the Web APIs: %w", err)
		}
		writePart(&b, p, string(source))
	}
	for _, f := range more {
		writePart(&b, part{file: path.Base(f.Name)}, f.Source)
	}
	b.WriteString("exports.finish();\n})();\n")
	return b.String(), nil
}

func writePart(b *strings.Builder, p part, source string) {
	fmt.Fprintf(b, "// %s\n", p.file)
	if p.names == "" && p.internal == "" {
		fmt.Fprintf(b, "(function (host, globalThis, exports) { \"use strict\";\n%s\n})(host, globalThis, exports);\n", source)
		return
	}
	fmt.Fprintf(b, "exports.part([%s], [%s], function (host, globalThis, exports) { \"use strict\";\n%s\n});\n",
		quoted(p.names), quoted(p.internal), source)
}

func quoted(names string) string {
	var list []string
	for _, name := range strings.Fields(names) {
		list = append(list, fmt.Sprintf("%q", name))
	}
	return strings.Join(list, ", ")
}
