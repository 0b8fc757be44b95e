// Package deploy holds the files by which a project is put on a server, which
// `galley deploy init` copies into it: a Dockerfile, a compose file, manifests for
// Kubernetes, a systemd unit, recipes for Render and Fly, a workflow of GitHub
// Actions. They are valid as they stand here, for a project named my-app; a leading
// "dot-" stands for a dot, which go:embed would leave out. docs/deployment.md tells how
// they are used.
package deploy

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

//go:embed docker compose kubernetes systemd render fly ci
var files embed.FS

// Kind is a way to deploy.
type Kind struct {
	Name    string
	Summary string // a line for who chooses
	Next    string // what to do then, a command on each line
	folder  string // in the project
	image   bool   // it needs the Dockerfile, too
}

// All are the kinds, in the order in which they are offered.
func All() []Kind {
	return []Kind{
		{Name: "systemd", Summary: "a Linux server of your own, without containers", folder: "deploy",
			Next: "docs/deployment.md, From a laptop to a server: copy the program, the project and deploy/my-app.service"},
		{Name: "docker", Summary: "an image with the project in it",
			Next: "docker build -t my-app:1 .\n  docker run --rm -p 127.0.0.1:8000:8000 -v my-app:/data my-app:1"},
		{Name: "compose", Summary: "the image and PostgreSQL on one machine", image: true,
			Next: "cp compose.env.example .env   # then put a password into it\n  docker compose up --build --wait"},
		{Name: "kubernetes", Summary: "two replicas on PostgreSQL", folder: "deploy/kubernetes", image: true,
			Next: "put your image, domain and database into deploy/kubernetes\n  kubectl apply -k deploy/kubernetes"},
		{Name: "render", Summary: "render.com, with a disk", image: true,
			Next: "commit, push, and make a Blueprint of the repository at dashboard.render.com"},
		{Name: "fly", Summary: "fly.io, with a volume", image: true,
			Next: "fly launch --copy-config --no-deploy && fly deploy"},
		{Name: "ci", Summary: "tests in GitHub Actions, on both engines", folder: ".github/workflows",
			Next: "commit and push; the last job is yours to fill in"},
	}
}

// Find returns the kind of a name.
func Find(name string) (Kind, error) {
	var names []string
	for _, k := range All() {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, fmt.Errorf("there is no way to deploy named %q: %s", name, strings.Join(names, ", "))
}

// Values are what differs from project to project.
type Values struct {
	Name    string // of the project: letters, digits and hyphens
	Version string // of Galley, as its repository knows it
}

// example is what the files say as they stand here.
const example = "my-app"

var versionLine = regexp.MustCompile(`(?m)^(\s*(?:ARG )?GALLEY_VERSION(?:=|: )).*$`)

func (v Values) fill(text string) string {
	text = strings.ReplaceAll(text, example, v.Name)
	return versionLine.ReplaceAllString(text, "${1}"+strings.ReplaceAll(v.Version, "$", ""))
}

// Instructions is what to do next.
func (v Values) Instructions(k Kind) string { return v.fill(k.Next) }

// Files calls write for each file of a kind with its path in a project, and stops at
// the first error.
func (k Kind) Files(v Values, write func(name string, content []byte) error) error {
	if k.image {
		docker, err := Find("docker")
		if err != nil {
			return err
		}
		if err := docker.Files(v, write); err != nil {
			return err
		}
	}
	return fs.WalkDir(files, k.Name, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		base := path.Base(name)
		if rest, ok := strings.CutPrefix(base, "dot-"); ok {
			base = "." + rest
		}
		return write(path.Join(k.folder, v.fill(base)), []byte(v.fill(string(content))))
	})
}

var (
	foreign = regexp.MustCompile(`[^a-z0-9]+`)
	release = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$`)
)

// maxName is how long a name may be where all platforms take it: app names of Fly, and
// labels of Kubernetes with an ending.
const maxName = 30

// NameOf makes a name of a folder's.
func NameOf(folder string) string {
	name := strings.Trim(foreign.ReplaceAllString(strings.ToLower(folder), "-"), "-")
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], "-")
	}
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return strings.TrimRight(example+"-"+name, "-")
	}
	return name
}

// VersionOf is what the repository knows a version of the program by: its tag, or the
// main branch for one that is no release.
func VersionOf(program string) string {
	if release.MatchString(program) && !strings.HasSuffix(program, "-dirty") && !strings.Contains(program, "-g") {
		return program
	}
	return "main"
}
