// Command browserclient makes the module that pages find at /galley/client.js of
// web/client/client.js and its packages:
//
//	go run ./internal/tools/browserclient
//
// It uses the esbuild that the binary has for functions, so that there is no second one.
package main

import (
	"fmt"
	"os"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "browserclient:", err)
		os.Exit(1)
	}
}

func run() error {
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"web/client/client.js"}, Outfile: "web/client/dist/client.js", Write: true,
		Bundle: true, Format: api.FormatESModule, Platform: api.PlatformBrowser, Target: api.ES2020,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		External: []string{"/galley/config.js"}, LegalComments: api.LegalCommentsEndOfFile,
		Banner: map[string]string{"js": "// @supabase/supabase-js and what it imports (MIT), in one module."},
	})
	if len(built.Errors) == 0 {
		return nil
	}
	return fmt.Errorf("%s", api.FormatMessages(built.Errors, api.FormatMessagesOptions{})[0])
}
