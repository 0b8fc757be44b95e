package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/galleyhq/galley/bench/load"
)

// exportRows is how many rows an export answers with.
const exportRows = 100_000

// settle is how long a server is left alone before it counts as idle.
const settle = 5 * time.Second

// resource is what Galley takes beside time: a number without a peer.
type resource struct {
	name, unit string
	value      float64
}

// resources starts Galley again on the data of a contest and measures the time to
// its first answer, its memory when idle, and how much more an export takes.
func resources(ctx context.Context, o options, c *contest) ([]resource, error) {
	for _, s := range c.servers {
		if d, ok := s.dialect.(*galleyDialect); ok {
			out, err := d.resources(ctx, s, c.prefix)
			if err != nil {
				return nil, fmt.Errorf("galley: %w\n%s", err, s.log())
			}
			return out, nil
		}
	}
	return nil, nil
}

func (d *galleyDialect) resources(ctx context.Context, s *server, prefix string) ([]resource, error) {
	if err := d.fillUp(s); err != nil {
		return nil, err
	}
	s.stop()
	s.env = append(s.env, "GALLEY_API_MAX_ROWS=0")
	began := time.Now()
	if err := d.serve(s); err != nil {
		return nil, err
	}
	if err := d.firstAnswer(ctx, s); err != nil {
		return nil, err
	}
	took := time.Since(began)
	time.Sleep(settle)
	idle, err := s.memory("VmRSS")
	if err != nil {
		return nil, err
	}
	out := []resource{
		{prefix + "start to first answer", "ms", float64(took.Milliseconds())},
		{prefix + "memory when idle", "MiB", idle},
	}
	for _, accept := range []string{"application/json", "text/csv"} {
		more, err := d.export(s, accept)
		if err != nil {
			return nil, err
		}
		out = append(out, resource{fmt.Sprintf("%sexport of 100,000 rows as %s, more memory", prefix, accept), "MiB", more})
	}
	return out, nil
}

// fillUp adds rows of a user of their own until there are enough to export.
func (d *galleyDialect) fillUp(s *server) error {
	return d.fill(s, "todos", exportRows, func(i int) any { return todo{Owner: userID(d.users), Title: seedTitle(i)} })
}

func (d *galleyDialect) serve(s *server) error {
	_, err := s.run("", d.binary, append([]string{"serve", "--listen", s.addr}, d.data...)...)
	return err
}

// firstAnswer asks for a row until it is answered.
func (d *galleyDialect) firstAnswer(ctx context.Context, s *server) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		_, err := d.must(s, d.request(pointRead, 0, 0))
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return errors.New("the server ended before it answered")
		case <-ctx.Done():
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

// export reads the rows of fillUp in one answer and returns by how much the peak of
// the server's memory exceeds what it took before, in MiB.
func (d *galleyDialect) export(s *server, accept string) (float64, error) {
	target := "/rest/v1/todos?order=id&owner=eq." + url.QueryEscape(userID(d.users))
	head := append(d.headers(d.keys.ServiceRole), "Accept: "+accept)
	// The pages of the program that an idle server has let go of are no memory of an export.
	if _, err := d.must(s, load.NewRequest("GET", target+"&limit=1000", head, nil)); err != nil {
		return 0, err
	}
	peak := fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid)
	if err := os.WriteFile(peak, []byte("5"), 0); err != nil { // proc(5): VmHWM begins anew
		return 0, err
	}
	before, err := s.memory("VmRSS")
	if err != nil {
		return 0, err
	}
	a, err := d.must(s, load.NewRequest("GET", target, head, nil))
	if err != nil {
		return 0, err
	}
	if rows := strings.Count(string(a.Body), "to-do number"); rows != exportRows {
		return 0, fmt.Errorf("an export of %d rows, not %d", rows, exportRows)
	}
	after, err := s.memory("VmHWM")
	return after - before, err
}

// memory reads a value of the process's status (proc(5)), in MiB.
func (s *server) memory(name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	var kib float64
	_, err = fmt.Sscanf(rest, "%f kB", &kib)
	return kib / 1024, err
}
