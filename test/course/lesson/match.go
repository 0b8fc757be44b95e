package lesson

import (
	"fmt"
	"regexp"
	"strings"
)

// anything is what stands for any text in an output.
const anything = "…"

// Matches says how what came out differs from what the page says, nil if it does not.
// Spaces at the end of lines and empty lines at the end do not count.
func Matches(want, got string) error {
	want, got = trim(want), trim(got)
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	for line := range strings.Lines(want) {
		if strings.TrimSpace(line) == anything {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		for i, part := range strings.Split(line, anything) {
			if i > 0 {
				pattern.WriteString(`.*?`)
			}
			pattern.WriteString(regexp.QuoteMeta(part))
		}
	}
	pattern.WriteString(`\z`)
	re, err := regexp.Compile(pattern.String())
	if err != nil {
		return err
	}
	if re.MatchString(got) {
		return nil
	}
	return fmt.Errorf("the page says\n%s\nbut what comes out is\n%s", indent(want), indent(got))
}

func trim(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(s, "\r\n", "\n")) {
		b.WriteString(strings.TrimRight(line, " \t\n") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func indent(s string) string {
	return "\t" + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n\t")
}
