package functions

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/test/galleytest"
)

// TestMistake checks that a function which cannot be built says so to those who call
// it, and to the log what is wrong, and where; and that others work.
func TestMistake(t *testing.T) {
	project := t.TempDir()
	for name, text := range map[string]string{
		"bad":  "export const verifyJwt = false;\nimport { exec } from \"node:child_process\";\nexport default () => exec(\"ls\");\n",
		"good": "export const verifyJwt = false;\nexport default () => new Response(\"fine\");\n",
	} {
		folder := filepath.Join(project, "functions", name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "index.ts"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := galleytest.Start(t, galleytest.Options{Project: project})
	request{name: "good", path: "good", status: 200, want: "fine"}.do(t, s)
	request{name: "bad", path: "bad", status: 503, like: `\{"code":"BOOT_ERROR","message":"Worker failed to boot \(please check logs\)"\}`}.do(t, s)
	request{name: "its log", path: "/admin/v1/functions/bad/logs", as: s.Keys.ServiceRole, status: 200, eventually: true,
		like: `.*functions/bad/index\.ts:2:22: module \\"node:child_process\\" is not available in functions.*import \{ exec \} from.*`}.do(t, s)
}
