package query

import (
	"strconv"
	"strings"
)

// usedParameters drops the parameters that a statement does not mention, which
// PostgreSQL could give no type, and numbers the others anew: conditions on a
// relation that is embedded for nothing.
func usedParameters(sql string, sources []source) (string, []source) {
	numbers := make([]int, len(sources))
	var used []source
	var b strings.Builder
	for i := 0; i < len(sql); {
		end := i + 1
		switch sql[i] {
		case '"', '\'':
			end = i + 1 + strings.IndexByte(sql[i+1:], sql[i]) + 1
		case '$':
			for end < len(sql) && '0' <= sql[end] && sql[end] <= '9' {
				end++
			}
			n, _ := strconv.Atoi(sql[i+1 : end]) // written by us
			if numbers[n-1] == 0 {
				used = append(used, sources[n-1])
				numbers[n-1] = len(used)
			}
			b.WriteString("$" + strconv.Itoa(numbers[n-1]))
			i = end
			continue
		}
		b.WriteString(sql[i:end])
		i = end
	}
	if len(used) == len(sources) {
		return sql, sources // in the order of the request's values
	}
	return b.String(), used
}
