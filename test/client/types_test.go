package client

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
)

// typedSchema is what types.test-d.ts is a program for.
const typedSchema = `
	create type mood as enum ('happy', 'sad');
	create table typed (id bigint generated always as identity primary key, title text not null, mood mood, tags text[], done boolean not null default false);
	create table parts (id bigint primary key, typed_id bigint references typed, name text)`

// TestTypes compiles a program, under the strictest settings, that uses the types
// which "galley gen types typescript" writes for a database of each engine.
func TestTypes(t *testing.T) {
	node := findNode(t)
	for name, url := range map[string]string{"embedded": "", "postgres": pgtest.Database(t)} {
		t.Run(name, func(t *testing.T) {
			o := galleytest.Options{Project: galleytest.Project(t, typedSchema), Data: filepath.Join(t.TempDir(), "data"), DatabaseURL: url}
			galleytest.Start(t, o) // applies the migrations
			types := galleytest.Command(t, o, "gen", "types", "typescript")
			// Beside the program, where the compiler finds the client.
			dir, err := os.MkdirTemp(".", "types-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			program, err := os.ReadFile("types.test-d.ts")
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string][]byte{"database.types.ts": types, "program.ts": program} {
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), node, "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--noUncheckedIndexedAccess",
				"--exactOptionalPropertyTypes", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", filepath.Join(dir, "program.ts"))
			cmd.Env = append(os.Environ(), "NODE_DISABLE_COMPILE_CACHE=1") // which would stay
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, out, types)
			}
		})
	}
}
