// Command licenses writes THIRD_PARTY_LICENSES: the licence of every module whose
// code is in the binary, on any of the platforms we release for, and of Go itself.
//
//	go run ./internal/tools/licenses [-check]
//
// With -check it writes nothing and fails when the file is out of date.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const output = "THIRD_PARTY_LICENSES"

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|authors|patents)([-.].*)?$`)

func main() {
	check := flag.Bool("check", false, "only tell whether the file is up to date")
	flag.Parse()
	if err := run(*check); err != nil {
		log.Fatalf("licenses: %v", err)
	}
}

func run(check bool) error {
	text, err := licences()
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(output, text, 0o644)
	}
	if now, err := os.ReadFile(output); err != nil || !bytes.Equal(now, text) {
		return errors.New(output + " is out of date: run make docs")
	}
	return nil
}

func licences() ([]byte, error) {
	dirs := map[string]string{} // by module path
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, goarch := range []string{"amd64", "arm64"} {
			if err := addModules(dirs, goos, goarch); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	b.WriteString("Galley's binaries contain code of these projects, under these licences.\n")
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	dirs["Go (https://go.dev), its standard library and runtime"] = string(bytes.TrimSpace(goroot))
	dirs["Unicode CLDR (https://cldr.unicode.org), of which the tables of locales are made"] = "internal/functions/web/locales"
	for _, module := range slices.Sorted(maps.Keys(dirs)) {
		if err := appendLicence(&b, module, dirs[module]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// addModules adds the modules that the binary of a platform is built from.
func addModules(dirs map[string]string, goos, goarch string) error {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/galley")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct {
				Path, Dir string
				Main      bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if p.Module != nil && !p.Module.Main {
			dirs[p.Module.Path] = p.Module.Dir
		}
	}
}

func appendLicence(b *bytes.Buffer, module, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n%s\n%s\n", strings.Repeat("=", 80), module)
	found := false
	for _, f := range files {
		if f.IsDir() || !licenceName.MatchString(f.Name()) || strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(b, "\n--- %s ---\n\n%s\n", f.Name(), bytes.TrimRight(text, "\n"))
	}
	if !found {
		return fmt.Errorf("%s has no licence file in %s", module, dir)
	}
	return nil
}
