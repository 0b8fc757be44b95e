// Package lesson runs what a page of the documentation tells its reader to do, and
// compares what comes out with what the page says. It reads the fenced blocks of the
// Markdown; what follows the language in a fence says what a block is:
//
//	```sh                      commands, run in one shell; `galley serve …` stays in the background
//	```sql                     statements, as if typed at `galley sql`
//	```ts file=functions/…     a file, written in the shell's folder; "append" adds to it
//	```text output             what the block before it prints; … stands for any text, and on
//	                           a line of its own for any lines
//	```js skip="why"           is not run, for the reason given
//
// More words for commands and statements: `fails` (the last command has to end with an
// error), `wait` (they only read, and are repeated until the output is there), and
// `engine=embedded`. The comment <!-- stop --> is where the reader stops the server.
package lesson

import (
	"fmt"
	"regexp"
	"strings"
)

// Kind is what is done with a block.
type Kind int

// The kinds of blocks.
const (
	Shell Kind = iota
	SQL
	File
	Skipped
	Stop
)

// Block is a part of a page that is run.
type Block struct {
	Kind   Kind
	Line   int    // of the fence, from 1
	Text   string // what is run or written
	Path   string // of a file
	Reason string // why it is not run
	Append bool
	Fails  bool
	Wait   bool
	Engine string // the only one it is run on; "" is each

	Checked bool // whether the page says what comes out
	Output  string
	outLine int // of the output's fence
}

var (
	fence  = regexp.MustCompile("^(`{3,})(.*)$")
	word   = regexp.MustCompile(`([a-z]+)(?:=("[^"]*"|\S+))?(?:\s+|$)`)
	folded = map[string]Kind{"sh": Shell, "sql": SQL}
)

// Parse reads the blocks of a page. Each block has to say what it is: one that would be
// neither run nor left out for a reason is an error.
func Parse(page string) ([]Block, error) {
	var blocks []Block
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "<!-- stop -->" {
			blocks = append(blocks, Block{Kind: Stop, Line: i + 1})
			continue
		}
		m := fence.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		first := i
		for i++; i < len(lines) && lines[i] != m[1]; i++ {
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: the block has no end", first+1)
		}
		text := strings.Join(lines[first+1:i], "\n") + "\n"
		var err error
		if blocks, err = add(blocks, m[2], text, first+1); err != nil {
			return nil, fmt.Errorf("line %d: %w", first+1, err)
		}
		if b := blocks[len(blocks)-1]; b.Kind == File && !named(lines[:first], b.Path) {
			return nil, fmt.Errorf("line %d: the text before the block does not name the file %s", first+1, b.Path)
		}
	}
	return blocks, nil
}

// named tells whether the paragraph before a block says the file's name, as a reader needs.
func named(before []string, path string) bool {
	for i := len(before) - 1; i >= 0 && i >= len(before)-4; i-- {
		if strings.Contains(before[i], "`"+path+"`") {
			return true
		}
	}
	return false
}

// add adds a block, or the output to the one before it.
func add(blocks []Block, info, text string, line int) ([]Block, error) {
	language, rest, _ := strings.Cut(strings.TrimSpace(info), " ")
	b := Block{Line: line, Text: text}
	output, err := b.read(rest)
	switch {
	case err != nil:
		return nil, err
	case output:
		return expect(blocks, text, line)
	case b.Reason != "":
		b.Kind = Skipped
	case b.Path != "":
		b.Kind = File
	default:
		kind, ok := folded[language]
		if !ok {
			return nil, fmt.Errorf("a block of %q says neither file=…, nor output, nor skip=\"why\"", language)
		}
		b.Kind = kind
	}
	return append(blocks, b), nil
}

// read takes the words behind the language; output tells that the block is one.
func (b *Block) read(info string) (output bool, err error) {
	for at := 0; at < len(info); {
		m := word.FindStringSubmatchIndex(info[at:])
		if m == nil || m[0] != 0 {
			return false, fmt.Errorf("what is %q?", info[at:])
		}
		name, value := info[at+m[2]:at+m[3]], ""
		if m[4] >= 0 {
			value = strings.Trim(info[at+m[4]:at+m[5]], `"`)
		}
		at += m[1]
		switch name {
		case "output":
			output = true
		case "file":
			b.Path = value
		case "skip":
			if b.Reason = value; value == "" {
				return false, fmt.Errorf("skip needs a reason")
			}
		case "append":
			b.Append = true
		case "fails":
			b.Fails = true
		case "wait":
			b.Wait = true
		case "engine":
			b.Engine = value
		default:
			return false, fmt.Errorf("what is %q?", name)
		}
	}
	return output, nil
}

// expect gives the last block its output. That of a block which is not run is not checked.
func expect(blocks []Block, text string, line int) ([]Block, error) {
	if len(blocks) == 0 {
		return nil, fmt.Errorf("output of nothing")
	}
	last := &blocks[len(blocks)-1]
	if last.Kind == File || last.Kind == Stop || last.Checked {
		return nil, fmt.Errorf("the block at line %d prints nothing, or its output was told already", last.Line)
	}
	last.Checked, last.Output, last.outLine = true, text, line
	return blocks, nil
}

// Section is the part of a page below a heading ("## Five minutes"), to the next one of
// its level; the lines before it are kept empty, so that numbers of lines stay true.
func Section(page, heading string) (string, error) {
	level, _, _ := strings.Cut(heading, " ")
	lines := strings.Split(page, "\n")
	inside, found := false, false
	for i, line := range lines {
		if line == heading {
			inside, found = true, true
		} else if inside && strings.HasPrefix(line, level+" ") && !strings.HasPrefix(line, level+"#") {
			inside = false
		}
		if !inside {
			lines[i] = ""
		}
	}
	if !found {
		return "", fmt.Errorf("there is no %q", heading)
	}
	return strings.Join(lines, "\n"), nil
}
