// Package client holds the official JavaScript client for pages without a build step:
// client.js and what it imports, made into one ES module by `make` (npm ci, esbuild).
// A binary that was built without npm has none.
package client

import "embed"

//go:embed dist
var dist embed.FS

// Package and Version name what is in the module, as package.json does.
const (
	Package = "@supabase/supabase-js"
	Version = "2.119.0"
)

// Module is the source of the ES module; nil in a binary that was built without it.
func Module() []byte {
	module, err := dist.ReadFile("dist/client.js")
	if err != nil {
		return nil
	}
	return module
}
