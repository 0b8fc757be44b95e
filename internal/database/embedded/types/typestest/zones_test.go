package typestest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestZones reads and writes moments in every time zone and abbreviation that
// PostgreSQL knows: from before there were any to when today's rules are all there
// is, and where clocks change.
func TestZones(t *testing.T) {
	server := connect(t)
	c := catalogue(t)
	names := strings.Split(server.try(t, []string{
		"select false, string_agg(name, ',' order by name) from (select name from pg_timezone_names where name !~ '^(posix|right)/' union select abbrev from pg_timezone_abbrevs) z"})[0].text, ",")
	if len(names) < 500 {
		t.Fatalf("%d names of time zones", len(names))
	}
	r := rand.New(rand.NewPCG(*seed, 5))
	var all []probes
	for _, f := range c.Functions("", "timezone") {
		if f.Args[0] != types.Text || f.Args[1] != types.Timestamptz && f.Args[1] != timestampOID {
			continue
		}
		p := probes{entry: "time zones, " + newNames(t).function(f.Name, f.Args)}
		for _, name := range names {
			for range 8 {
				at := fmt.Sprintf("%04d-%02d-%02d %02d:%02d:00+00", 1850+r.IntN(450), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60))
				if r.IntN(2) == 0 {
					at = oneOf(r, "2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2025-10-05") +
						fmt.Sprintf(" %02d:%02d:00+00", r.IntN(5), 15*r.IntN(4))
				}
				if f.Args[1] == timestampOID {
					at = strings.TrimSuffix(at, "+00")
				}
				tuple := []argument{{c.Type(types.Text), &name}, {c.Type(f.Args[1]), &at}}
				p.list = append(p.list, newProbe(c, f, tuple, "pg_catalog."+quoteName(f.Name)+"("+literals(tuple)+")"))
			}
		}
		all = append(all, p)
	}
	compare(t, all)
}

const timestampOID types.OID = 1114
