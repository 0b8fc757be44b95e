package lesson

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"a\nb", "a  \nb\n\n", true},
		{"a\nb", "a\nc", false},
		{"id …, done", "id 7f3, done", true},
		{"id …, done", "id 7f3\n, done", false},
		{"a\n…\nb", "a\nb", true},
		{"a\n…\nb", "a\nx\ny\nb", true},
		{"a\n…\nb", "a\nx", false},
		{"a.c", "abc", false},
		{"a", "a\nb", false},
		{"b", "a\nb", false},
		{"…", "", true},
		{"{\"id\":…}", "{\"id\":1}", true},
	} {
		if err := Matches(c.want, c.got); (err == nil) != c.same {
			t.Errorf("%q, %q: %v", c.want, c.got, err)
		}
	}
}

// What would be neither run nor left out for a reason is an error, as is what a reader
// could not do.
func TestParseRefuses(t *testing.T) {
	for page, want := range map[string]string{
		"```js\nx\n```":                       "says neither",
		"```text\nx\n```":                     "says neither",
		"```text output\nx\n```":              "output of nothing",
		"```sh\nx":                            "has no end",
		"```sh sometimes\nx\n```":             "what is",
		"```js skip=\"\"\nx\n```":             "reason",
		"Save this:\n```js file=a.js\nx\n```": "does not name the file",
		"`a.js`:\n```js file=a.js\nx\n```\n```text output\nx\n```": "prints nothing",
	} {
		if _, err := Parse(page); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", page, err, want)
		}
	}
}

// A page that says something else than what comes out is found out, and so are commands
// that fail, or do not.
func TestPlay(t *testing.T) {
	block := func(info, text string) string { return "```" + info + "\n" + text + "\n```\n" }
	for page, want := range map[string]string{
		block("sh", "echo a; echo b") + block("text output", "a\nb"):                   "",
		block("sh", "echo a") + block("text output", "b"):                              "line 1: the page says",
		block("sh", "x=1; cd ..") + block("sh", "echo $x") + block("text output", "1"): "",
		block("sh", "false; echo a") + block("text output", "a"):                       "does not say `fails`",
		block("sh fails", "false") + block("sh fails", "true"):                         "line 4: the commands should end with an error",
		block("sh skip=\"no\"", "false") + block("text output", "b"):                   "",
		block("sh engine=postgres", "false"):                                           "",
		"`d/a`:\n" + block("text file=d/a", "1") + "`d/a`:\n" + block("text file=d/a append", "2") + block("sh", "cat d/a") + block("text output", "1\n2"): "",
		block("sh", "echo b > f; ( sleep 0.3; echo a > f ) >/dev/null 2>&1 &") + block("sh wait", "cat f") + block("text output", "a"):                     "",
	} {
		c, err := New(Options{Home: t.TempDir(), Galley: "/bin/true"})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Play(t.Context(), page, true)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %q", page, err, want)
		}
	}
}

func TestSection(t *testing.T) {
	got, err := Section("a\n## B\nc\n### D\n## E\nf", "## B")
	if err != nil || got != "\n## B\nc\n### D\n\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Section("a", "## B"); err == nil {
		t.Error("a section that is not there was found")
	}
}
