package lesson

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// shown is where the pages say that the server listens. In a test it is another address.
const shown = "127.0.0.1:8000"

// Course is a reader who does what pages say, one after the other, on one machine.
type Course struct {
	engine string
	home   string
	env    []string
	listen string

	// Correct, if it is there, is told what a page should say where it says something
	// else: the line of the block of the output, its text, and the right one.
	Correct func(line int, said, right string)

	shell  *shell
	server *server
}

// Options say what the reader has.
type Options struct {
	Home        string // an empty folder, where the terminal opens
	Galley      string // the binary
	Node        string
	Modules     string // node_modules with the official client
	DatabaseURL string // "" is the embedded engine
}

// New is a reader who has not begun.
func New(o Options) (*Course, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(o.Home, ".bin")
	c := &Course{home: o.Home, listen: listen}
	c.env = []string{
		"HOME=" + o.Home, "PATH=" + bin + ":" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "GALLEY_SERVER_LISTEN=" + listen,
		"GALLEY_FUNCTIONS_HOOK_TIME=30s", // on a machine that runs other tests
	}
	c.Database(o.DatabaseURL)
	if err := os.Mkdir(bin, 0o700); err != nil {
		return nil, err
	}
	links := map[string]string{filepath.Join(bin, "galley"): o.Galley}
	if o.Node != "" {
		links[filepath.Join(bin, "node")], links[filepath.Join(o.Home, "node_modules")] = o.Node, o.Modules
	}
	for name, target := range links {
		if err := os.Symlink(target, name); err != nil {
			return nil, err
		}
	}
	// On a terminal curl shows no progress beside its output.
	return c, os.WriteFile(filepath.Join(o.Home, ".curlrc"), []byte("silent\nshow-error\n"), 0o600)
}

// Database has what follows use another database, "" the embedded engine's.
func (c *Course) Database(url string) {
	c.env = slices.DeleteFunc(c.env, func(v string) bool { return strings.HasPrefix(v, "DATABASE_URL=") })
	if c.engine = "embedded"; url != "" {
		c.engine, c.env = "postgres", append(c.env, "DATABASE_URL="+url)
	}
}

// freeAddress is one below the ports that outgoing connections get, so that it stays
// free while the server is stopped and started.
func freeAddress() (string, error) {
	for i := range 500 {
		port := 20000 + (os.Getpid()*7+int(time.Now().UnixNano()/1000)+i*13)%10000
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("no port is free")
}

// Play does what a page says, from a new terminal on, and stops the server in the end.
// With check it compares what comes out; without, it only brings the reader so far.
func (c *Course) Play(ctx context.Context, page string, check bool) error {
	blocks, err := Parse(page)
	if err != nil {
		return err
	}
	if c.shell, err = openShell(c.home, c.home, c.env); err != nil {
		return err
	}
	defer func() { c.shell.close() }()
	defer c.stop()
	for _, b := range blocks {
		if err := c.do(ctx, b, check); err != nil {
			return fmt.Errorf("line %d: %w%s", b.Line, err, c.server.tail())
		}
	}
	return nil
}

func (c *Course) do(ctx context.Context, b Block, check bool) error {
	if b.Engine != "" && b.Engine != c.engine {
		return nil
	}
	switch b.Kind {
	case Skipped:
		return nil
	case Stop:
		return c.stop()
	case File:
		return c.write(ctx, b)
	case Shell, SQL:
	}
	if strings.HasPrefix(b.Text, "galley serve") {
		return c.serve(ctx, b, check)
	}
	if b.Wait {
		return c.wait(ctx, b)
	}
	got, err := c.run(ctx, b)
	if err != nil || !check || !b.Checked {
		return err
	}
	return c.compare(b, got)
}

func (c *Course) compare(b Block, got string) error {
	err := Matches(b.Output, got)
	if err != nil && c.Correct != nil {
		c.Correct(b.outLine, b.Output, trim(got))
		return nil
	}
	return err
}

// run runs a block and gives its output as the page would have it.
func (c *Course) run(ctx context.Context, b Block) (string, error) {
	commands := c.real(b.Text)
	if b.Kind == SQL {
		commands = "galley sql <<'LESSON_SQL'\n" + commands + "LESSON_SQL\n"
	}
	got, failed, err := c.shell.run(ctx, commands)
	got = strings.ReplaceAll(got, c.listen, shown)
	switch {
	case err != nil:
		return got, fmt.Errorf("%w\n%s", err, indent(got))
	case failed && !b.Fails:
		return got, fmt.Errorf("a command ended with an error, and the block does not say `fails`:\n%s", indent(got))
	case !failed && b.Fails:
		return got, fmt.Errorf("the commands should end with an error:\n%s", indent(got))
	}
	return got, nil
}

func (c *Course) real(text string) string { return strings.ReplaceAll(text, shown, c.listen) }

// wait repeats a block that only reads until its output is there: what a reader does who
// looks again a moment later.
func (c *Course) wait(ctx context.Context, b Block) error {
	patience := patience
	if c.Correct != nil {
		patience = 3 * time.Second
	}
	if !b.Checked {
		return errors.New("`wait` needs an output to wait for")
	}
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		got, err := c.run(ctx, b)
		if err == nil {
			err = Matches(b.Output, got)
		}
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case time.Now().After(end) && c.Correct != nil:
			return c.compare(b, got)
		case time.Now().After(end):
			return err
		}
	}
}

// write makes a file, or adds to it, and waits until a running server uses it.
func (c *Course) write(ctx context.Context, b Block) error {
	folder, _, err := c.shell.run(ctx, "pwd\n")
	if err != nil {
		return err
	}
	path := filepath.Join(strings.TrimSpace(folder), filepath.FromSlash(b.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	before, text := c.server.length(), c.real(b.Text)
	if b.Append {
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text = string(old) + text
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	if parts := strings.Split(b.Path, "/"); c.server != nil && len(parts) > 2 && parts[0] == "functions" && !strings.HasPrefix(parts[1], "_") {
		return c.server.loads(ctx, parts[1], before)
	}
	return nil
}
