package setting

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

func bound(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return f
}

// invalid is the error of a value that a parameter cannot have.
func (p *parameter) invalid(text string) *fault.Error {
	return fault.New(fault.InvalidParameter, `invalid value for parameter "%s": "%s"`, p.name, text)
}

// read checks a value and returns it as SHOW writes it.
func (p *parameter) read(text string) (string, error) {
	switch p.kind {
	case "bool":
		v, ok := boolean(text)
		if !ok {
			return "", fault.New(fault.InvalidParameter, `parameter "%s" requires a Boolean value`, p.name)
		}
		return v, nil
	case "enum":
		return p.member(text)
	case "integer", "real":
		return p.number(text)
	}
	return text, nil
}

// boolean reads a Boolean as PostgreSQL's parse_bool does: any beginning of the
// words will do that leaves no doubt.
func boolean(text string) (string, bool) {
	t := strings.ToLower(text)
	switch {
	case t == "1", t == "on", t != "" && (strings.HasPrefix("true", t) || strings.HasPrefix("yes", t)):
		return "on", true
	case t == "0", t == "of", t == "off", t != "" && (strings.HasPrefix("false", t) || strings.HasPrefix("no", t)):
		return "off", true
	}
	return "", false
}

// member finds a value of an enumeration. Some also take Booleans, and
// client_min_messages takes "debug".
func (p *parameter) member(text string) (string, error) {
	want := strings.ToLower(text)
	if slices.Contains(p.values, want) {
		return want, nil
	}
	if p.name == "client_min_messages" && want == "debug" {
		return "debug2", nil
	}
	words := map[string]string{"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}
	if v := words[want]; v != "" && slices.Contains(p.values, v) {
		return v, nil
	}
	list := slices.Clone(p.values)
	for i, v := range list {
		list[i] = strings.Trim(v, `"`)
	}
	if slices.Contains(list, want) {
		return want, nil
	}
	return "", p.invalid(text).WithHint("Available values: %s.", strings.Join(list, ", "))
}

// unit is a unit that a value may be written in, as a multiple of the
// parameter's own.
type unit struct {
	name   string
	factor float64
}

var times = []unit{{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}, {"us", 0.001}}

var sizes = []unit{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}, {"B", 1}}

// units are the units of a parameter, the greatest first.
func (p *parameter) units() (list []unit, hint string) {
	base := map[string]float64{"ms": 1, "s": 1000, "min": 60000, "B": 1, "kB": 1 << 10, "8kB": 8 << 10}[p.unit]
	switch p.unit {
	case "":
		return nil, ""
	case "ms", "s", "min":
		list, hint = times, `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
	default:
		list, hint = sizes, `Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".`
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].factor /= base
	}
	return list, hint
}

// number reads a number with or without a unit.
func (p *parameter) number(text string) (string, error) {
	v, rest, ok := prefix(strings.TrimSpace(text))
	if !ok {
		return "", p.invalid(text)
	}
	list, hint := p.units()
	if rest != "" {
		i := slices.IndexFunc(list, func(u unit) bool { return u.name == rest })
		if i < 0 && hint == "" {
			return "", p.invalid(text)
		}
		if i < 0 {
			return "", p.invalid(text).WithHint("%s", hint)
		}
		v *= list[i].factor
	}
	if p.kind == "integer" {
		v = math.RoundToEven(v)
		if v > math.MaxInt32 || v < math.MinInt32 {
			return "", p.invalid(text).WithHint("Value exceeds integer range.")
		}
	}
	if v < p.min || v > p.max {
		suffix := ""
		if p.unit != "" {
			suffix = " " + p.unit
		}
		return "", fault.New(fault.InvalidParameter, `%s%s is outside the valid range for parameter "%s" (%s .. %s)`,
			short(v), suffix, p.name, p.least, p.greatest)
	}
	return p.show(v), nil
}

// prefix reads the number that a text begins with, and what follows it.
func prefix(text string) (v float64, rest string, ok bool) {
	if hex := strings.ToLower(text); strings.HasPrefix(hex, "0x") {
		end := 2
		for end < len(hex) && strings.IndexByte("0123456789abcdef", hex[end]) >= 0 {
			end++
		}
		n, err := strconv.ParseInt(hex[2:end], 16, 64)
		return float64(n), strings.TrimSpace(text[end:]), err == nil
	}
	for end := len(text); end > 0; end-- {
		if c := text[end-1]; c != '.' && (c < '0' || c > '9') {
			continue
		}
		if v, err := strconv.ParseFloat(text[:end], 64); err == nil {
			return v, strings.TrimSpace(text[end:]), true
		}
	}
	return 0, "", false
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// show writes a number in the greatest unit of which it is a whole multiple.
func (p *parameter) show(v float64) string {
	if p.kind == "real" {
		return strconv.FormatFloat(v, 'g', -1, 64) + p.suffix(v)
	}
	if v > 0 {
		list, _ := p.units()
		for _, u := range list {
			if n := v / u.factor; n == math.Trunc(n) {
				return strconv.FormatInt(int64(n), 10) + u.name
			}
		}
	}
	return strconv.FormatInt(int64(v), 10)
}

func (p *parameter) suffix(v float64) string {
	if v > 0 {
		return p.unit
	}
	return ""
}

// milliseconds reads a number of milliseconds as show writes it.
func milliseconds(text string) (int64, bool) {
	v, rest, ok := prefix(text)
	if !ok {
		return 0, false
	}
	for _, u := range times {
		if u.name == rest {
			v *= u.factor
		}
	}
	return int64(v), true
}
