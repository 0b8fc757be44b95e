package deploy

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// stages reads a Dockerfile as BuildKit does.
func stages(t *testing.T, dir string) ([]instructions.Stage, []instructions.ArgCommand) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Warnings) > 0 {
		t.Errorf("warnings: %v", parsed.Warnings)
	}
	all, args, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all, args
}

// pinned tells whether an image has a tag that is not just the newest.
var pinned = regexp.MustCompile(`:[\w][\w.-]*$`)

func checkImage(t *testing.T, image string) {
	t.Helper()
	if !pinned.MatchString(image) || strings.HasSuffix(image, ":latest") {
		t.Errorf("image %s is not of a version", image)
	}
}

// TestDockerfile: the last stage runs as nobody in particular, is asked for its health
// by the program itself, and all that is copied is there.
func TestDockerfile(t *testing.T) {
	dir := project(t, "docker")
	all, args := stages(t, dir)
	names := map[string]bool{}
	for _, s := range all {
		if !names[s.BaseName] {
			checkImage(t, s.BaseName)
		}
		for _, c := range s.Commands {
			if c, ok := c.(*instructions.CopyCommand); ok {
				checkCopy(t, dir, names, c)
			}
		}
		names[s.Name] = true
	}
	if len(all) < 3 {
		t.Fatalf("%d stages", len(all))
	}
	last := all[len(all)-1]
	if !strings.Contains(last.BaseName, "distroless/static") {
		t.Errorf("the image is of %s", last.BaseName)
	}
	var user, volume string
	var health, start []string
	for _, c := range last.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.VolumeCommand:
			volume = strings.Join(c.Volumes, " ")
		case *instructions.HealthCheckCommand:
			health = c.Health.Test
		case *instructions.EntrypointCommand:
			start = c.CmdLine
			if c.PrependShell {
				t.Error("a shell starts the program, and there is none")
			}
		case *instructions.CmdCommand:
			start = append(start, c.CmdLine...)
		case *instructions.RunCommand:
			t.Error("something is run in an image without a shell")
		}
	}
	for _, a := range args {
		for _, kv := range a.Args {
			if kv.Value != nil {
				user = strings.ReplaceAll(user, "${"+kv.Key+"}", *kv.Value)
			}
		}
	}
	if user != "65532:65532" || volume != "/data" {
		t.Errorf("user %q, volume %q", user, volume)
	}
	if !slices.Equal(health, []string{"CMD", "/usr/local/bin/galley", "health"}) || !slices.Equal(start, []string{"/usr/local/bin/galley", "serve"}) {
		t.Errorf("health %q, start %q", health, start)
	}
}

// checkCopy looks for what is copied of the project or another stage.
func checkCopy(t *testing.T, dir string, stages map[string]bool, c *instructions.CopyCommand) {
	t.Helper()
	switch {
	case c.From == "":
		for _, source := range c.SourcePaths {
			if _, err := os.Stat(filepath.Join(dir, source)); err != nil {
				t.Errorf("COPY: %v", err)
			}
		}
	case !stages[c.From]:
		checkImage(t, c.From)
	}
}

// inImage lists the files of a project that get into the image.
func inImage(t *testing.T, dir string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		ignored, err := matcher.MatchesOrParentMatches(name)
		if !ignored {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestImageHoldsNoSecrets: what the server needs gets into the image, and none of what
// is secret or heavy.
func TestImageHoldsNoSecrets(t *testing.T) {
	dir := project(t, "compose", "kubernetes", "systemd")
	wanted := []string{"galley.toml", "seed.sql", "migrations/20260101000000_notes.sql", "public/a/index.html", "functions/hello/index.ts", "functions/hello/package-lock.json",
		"functions/_shared/a.ts", "templates/mail/confirmation.html", "package.json", "package-lock.json", "deno.json", "supabase/config.toml"}
	kept := []string{".env", ".env.production", "functions/.env", "functions/hello/.env.local", ".galley/data.db", ".galley/data.db-wal", "node_modules/zod/index.js",
		"functions/hello/node_modules/zod/index.js", "backup.key", "functions/apple.p8", "public/tls.pem", ".git/config", "tests/a.test.js", "supabase/.temp/x", "notes.db", "dump.sql"}
	for _, name := range append(slices.Clone(wanted), kept...) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			write(t, filepath.Join(dir, name), "x")
		}
	}
	got := inImage(t, dir)
	for _, name := range wanted {
		if !slices.Contains(got, name) {
			t.Errorf("%s is not in the image", name)
		}
	}
	for _, name := range got {
		if slices.Contains(kept, name) || strings.HasPrefix(name, "deploy/") || strings.HasPrefix(name, "compose") {
			t.Errorf("%s is in the image", name)
		}
	}
}

// TestImageRuns runs the image's commands as its user, in what would be in it, which
// belongs to root.
func TestImageRuns(t *testing.T) {
	needRoot(t)
	dir := project(t, "docker")
	image, err := os.MkdirTemp("", "galley-image-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(image) })
	for _, name := range inImage(t, dir) {
		write(t, filepath.Join(image, "app", name), read(t, dir, name))
	}
	data := filepath.Join(image, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{image: 0o755, filepath.Join(image, "app"): 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(data, 65532, 65532); err != nil {
		t.Fatal(err)
	}
	all, _ := stages(t, dir)
	var env []string
	for _, c := range all[len(all)-1].Commands {
		if c, ok := c.(*instructions.EnvCommand); ok {
			for _, kv := range c.Env {
				env = append(env, kv.Key+"="+strings.ReplaceAll(kv.Value, "/data", data))
			}
		}
	}
	env = append(env, "GALLEY_SERVER_LISTEN=127.0.0.1:"+freePort(t)) // loopback only, in tests
	server := exec.Command(binary, "serve")
	server.Dir, server.Env, server.SysProcAttr = filepath.Join(image, "app"), env, as(65532)
	begin(t, server)
	waitReady(t, env, server.Dir)
	if _, err := os.Stat(filepath.Join(data, "data.db")); err != nil {
		t.Error(err)
	}
}
