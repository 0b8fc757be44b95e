package outgoing

import (
	"fmt"
	"slices"
	"strings"
)

// foreign are ports above 1023 at which other protocols live, where what is sent
// by HTTP could be taken for theirs: "bad ports" of the Fetch standard, without
// those below.
var foreign = []int{1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}

// portRange is ports from the first to the last.
type portRange struct{ first, last int }

// portList is the ports that are open; none means the usual.
type portList []portRange

func parsePorts(entries []string) (portList, error) {
	out := make(portList, len(entries))
	for i, text := range entries {
		from, to, isRange := strings.Cut(strings.TrimSpace(text), "-")
		if !isRange {
			to = from
		}
		first, err := parsePort(strings.TrimSpace(from))
		if err == nil {
			out[i].first = first
			out[i].last, err = parsePort(strings.TrimSpace(to))
		}
		if err != nil || out[i].last < first {
			return nil, fmt.Errorf(`%q of the ports of outgoing calls: expected a port or a range such as "8000-8999"`, text)
		}
	}
	return out, nil
}

func (l portList) open(port int) bool {
	if len(l) == 0 {
		return port == 80 || port == 443 || port >= 1024 && !slices.Contains(foreign, port)
	}
	return slices.ContainsFunc(l, func(r portRange) bool { return r.first <= port && port <= r.last })
}
