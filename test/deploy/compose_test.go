package deploy

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// load reads the compose file as docker compose does, by the schema too.
func load(t *testing.T, dir string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(dir, "compose.yaml")},
		cli.WithWorkingDirectory(dir), cli.WithEnvFiles(), cli.WithDotEnv, cli.WithConsistency(true), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(context.Background())
}

func TestCompose(t *testing.T) {
	dir := project(t, "compose")
	example := read(t, dir, "compose.env.example")
	write(t, filepath.Join(dir, ".env"), example)
	if _, err := load(t, dir); err == nil || !strings.Contains(err.Error(), "put one into .env") {
		t.Errorf("without a password: %v", err)
	}
	write(t, filepath.Join(dir, ".env"), strings.Replace(example, "POSTGRES_PASSWORD=", "POSTGRES_PASSWORD=0123abcd", 1))
	p, err := load(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	app, db := p.Services["app"], p.Services["db"]
	if url := app.Environment["DATABASE_URL"]; url == nil || *url != "postgres://galley:0123abcd@db:5432/galley?sslmode=disable" {
		t.Errorf("DATABASE_URL: %v", url)
	}
	if w := app.DependsOn["db"]; w.Condition != types.ServiceConditionHealthy || db.HealthCheck == nil {
		t.Errorf("the app does not wait for a healthy database: %+v", w)
	}
	if !app.ReadOnly || len(app.CapDrop) != 1 || app.CapDrop[0] != "ALL" || len(app.SecurityOpt) != 1 {
		t.Errorf("the app has rights: read only %t, dropped %v, %v", app.ReadOnly, app.CapDrop, app.SecurityOpt)
	}
	for _, port := range app.Ports {
		if port.HostIP != "127.0.0.1" {
			t.Errorf("port %d is open to the network at first", port.Target)
		}
	}
	if len(db.Ports) > 0 {
		t.Error("the database's port is published")
	}
	for name, s := range p.Services {
		checkImage(t, s.Image)
		if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 {
			t.Errorf("%s has no limit of memory", name)
		}
		if s.Logging == nil || s.Logging.Options["max-size"] == "" {
			t.Errorf("%s logs without end", name)
		}
	}
	if _, ok := p.Volumes["postgres"]; !ok || p.Name != "shop" {
		t.Errorf("volumes %v of %s", p.Volumes, p.Name)
	}
	// The names in the example are settings that there are: galley says otherwise.
	settings := strings.ReplaceAll(example, "# GALLEY_", "GALLEY_")
	checkSettings(t, dir, settings)
}
