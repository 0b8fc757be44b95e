package deploy

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/rhysd/actionlint"
	"sigs.k8s.io/yaml"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// fly is what there may be in fly.toml of what we use (fly.io/docs/reference/configuration).
type fly struct {
	App           string `toml:"app"`
	PrimaryRegion string `toml:"primary_region"`
	KillSignal    string `toml:"kill_signal"`
	KillTimeout   string `toml:"kill_timeout"`
	Build         struct {
		Dockerfile string            `toml:"dockerfile"`
		Args       map[string]string `toml:"args"`
	} `toml:"build"`
	Env    map[string]string `toml:"env"`
	Mounts []struct {
		Source      string `toml:"source"`
		Destination string `toml:"destination"`
		InitialSize string `toml:"initial_size"`
	} `toml:"mounts"`
	HTTPService struct {
		InternalPort       int    `toml:"internal_port"`
		ForceHTTPS         bool   `toml:"force_https"`
		AutoStopMachines   string `toml:"auto_stop_machines"`
		AutoStartMachines  bool   `toml:"auto_start_machines"`
		MinMachinesRunning int    `toml:"min_machines_running"`
		Checks             []struct {
			Method      string `toml:"method"`
			Path        string `toml:"path"`
			Interval    string `toml:"interval"`
			Timeout     string `toml:"timeout"`
			GracePeriod string `toml:"grace_period"`
		} `toml:"checks"`
	} `toml:"http_service"`
	VM []struct {
		Size   string `toml:"size"`
		Memory string `toml:"memory"`
	} `toml:"vm"`
}

func TestFly(t *testing.T) {
	dir := project(t, "fly")
	var f fly
	d := toml.NewDecoder(strings.NewReader(read(t, dir, "fly.toml")))
	if err := d.DisallowUnknownFields().Decode(&f); err != nil {
		t.Fatal(err)
	}
	docker := read(t, dir, "Dockerfile")
	if f.App != "shop" || !strings.Contains(docker, "GALLEY_SERVER_LISTEN=:8000") || f.HTTPService.InternalPort != 8000 || f.HTTPService.Checks[0].Path != "/health/ready" {
		t.Errorf("%+v", f)
	}
	if f.Mounts[0].Destination != "/data" || f.Build.Args["APP_USER"] != "0:0" || !strings.Contains(docker, "ARG APP_USER=") || f.HTTPService.AutoStopMachines != "off" {
		t.Errorf("%+v", f)
	}
	var env strings.Builder
	for name, value := range f.Env {
		env.WriteString(name + "=" + value + "\n")
	}
	checkSettings(t, dir, env.String())
}

// blueprint is what there may be in render.yaml of what we use
// (render.com/docs/blueprint-spec).
type blueprint struct {
	Services []struct {
		Type                    string `json:"type"`
		Name                    string `json:"name"`
		Runtime                 string `json:"runtime"`
		Plan                    string `json:"plan"`
		DockerfilePath          string `json:"dockerfilePath"`
		HealthCheckPath         string `json:"healthCheckPath"`
		MaxShutdownDelaySeconds int    `json:"maxShutdownDelaySeconds"`
		Disk                    struct {
			Name      string `json:"name"`
			MountPath string `json:"mountPath"`
			SizeGB    int    `json:"sizeGB"`
		} `json:"disk"`
		EnvVars []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
			Sync  *bool  `json:"sync"`
		} `json:"envVars"`
	} `json:"services"`
}

func TestRender(t *testing.T) {
	dir := project(t, "render")
	var b blueprint
	if err := yaml.UnmarshalStrict([]byte(read(t, dir, "render.yaml")), &b); err != nil {
		t.Fatal(err)
	}
	s := b.Services[0]
	if _, err := os.Stat(filepath.Join(dir, s.DockerfilePath)); err != nil || s.Name != "shop" || s.Disk.MountPath != "/data" || s.HealthCheckPath != "/health/ready" {
		t.Errorf("%+v, %v", s, err)
	}
	var env strings.Builder
	for _, e := range s.EnvVars {
		value := e.Value
		if e.Sync != nil { // asked for
			value = map[string]string{"GALLEY_BACKUP_TO": "s3://bucket/shop"}[e.Key]
			if value == "" {
				value = "https://shop.onrender.com"
			}
		}
		env.WriteString(e.Key + "=" + value + "\n")
	}
	checkSettings(t, dir, env.String())
}

// TestWorkflow: actionlint finds nothing, and actions and images are of versions.
func TestWorkflow(t *testing.T) {
	dir := project(t, "ci")
	text := read(t, dir, ".github", "workflows", "galley.yml")
	var out bytes.Buffer
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.Lint("galley.yml", []byte(text), nil)
	if err != nil || len(found) > 0 {
		t.Errorf("%v: %s", err, out.String())
	}
	for line := range strings.Lines(text) {
		if _, image, ok := strings.Cut(strings.TrimSpace(line), "image: "); ok {
			checkImage(t, image)
		}
		if _, action, ok := strings.Cut(line, "uses: "); ok && !strings.Contains(action, "@v") {
			t.Errorf("action %s is not of a version", action)
		}
	}
}

// workflow is what we read of one.
type workflow struct {
	Jobs map[string]struct {
		Steps []struct{ Name, Uses, Run, If string }
	}
}

// TestWorkflowRuns runs the steps of the workflow on a project with tests, on both
// engines, as the runner does: by bash -e, each with the variables and the path that
// those before it left.
func TestWorkflowRuns(t *testing.T) {
	for _, program := range []string{"bash", "node", "npm"} {
		need(t, program)
	}
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			variables := map[string]string{}
			if engine == "postgres" {
				variables["DATABASE_URL"] = pgtest.Database(t)
			}
			runWorkflow(t, engine, variables)
		})
	}
}

func runWorkflow(t *testing.T, engine string, variables map[string]string) {
	dir := project(t, "ci")
	write(t, filepath.Join(dir, "package.json"), `{"name": "shop", "private": true, "scripts": {"test": "node tests/test.mjs"}}`)
	write(t, filepath.Join(dir, "tests", "test.mjs"), `
		const { GALLEY_URL: url, GALLEY_ANON_KEY: apikey } = process.env
		const rows = await (await fetch(url + '/rest/v1/notes?select=body', { headers: { apikey } })).json()
		if (rows.length !== 1 || rows[0].body !== 'seeded') throw new Error(JSON.stringify(rows))
		console.log('tested', url)
	`)
	var w workflow
	if err := yaml.Unmarshal([]byte(read(t, dir, ".github", "workflows", "galley.yml")), &w); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	env := []string{"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "HOME=" + home, "CI=true",
		"GALLEY_SERVER_LISTEN=127.0.0.1:" + freePort(t), "npm_config_cache=" + filepath.Join(home, "npm")}
	ran := 0
	var said strings.Builder
	for _, step := range w.Jobs["test"].Steps {
		switch {
		case step.Run == "" || step.Name == "Build Galley": // the runner's own, and what is here already
			continue
		case step.If == "matrix.engine == 'postgres'":
			if engine == "postgres" { // another server than the runner's
				env = append(env, "DATABASE_URL="+variables["DATABASE_URL"])
			}
			continue
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.Run)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		said.Write(out)
		if err != nil {
			t.Errorf("%s: %v\n%s", step.Name, err, out)
		}
		ran++
	}
	if ran < 5 || !strings.Contains(said.String(), "tested http://127.0.0.1:") {
		t.Errorf("%d steps ran:\n%s", ran, said.String())
	}
}
