// Command compat writes docs/compatibility.md from the ledgers that the tests
// keep: what works, what is refused, and what will not come. Nothing in the page
// is written by hand but its frame, page.md.tmpl.
//
//	go run ./internal/tools/compat [-check]
//
// With -check it writes nothing and fails when the page is out of date.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"log"
	"os"
	"text/template"
)

const output = "docs/compatibility.md"

//go:embed page.md.tmpl
var frame string

func main() {
	check := flag.Bool("check", false, "only tell whether the page is up to date")
	flag.Parse()
	if err := run(*check); err != nil {
		log.Fatalf("compat: %v", err)
	}
}

func run(check bool) error {
	page, err := render(".")
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(output, page, 0o644)
	}
	if now, err := os.ReadFile(output); err != nil || !bytes.Equal(now, page) {
		return errors.New(output + " is out of date: run make docs")
	}
	return nil
}

// render makes the page from the ledgers below root.
func render(root string) ([]byte, error) {
	l, err := readLedgers(root)
	if err != nil {
		return nil, err
	}
	t, err := template.New("page").Parse(frame)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, l)
	return b.Bytes(), err
}
