package schedule

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones where the machine has none

	"github.com/netresearch/go-cron"

	"github.com/galleyhq/galley/internal/fault"
)

// Expression tells when something is due, as pg_cron writes it: five fields
// (minute, hour, day of month, month, day of week) as in cron, where $ is the last
// day of a month; "30 seconds", from 1 to 59; or @hourly, @daily, @midnight,
// @weekly, @monthly, @yearly, @annually. Where day of month and day of week are
// both given, either will do.
type Expression struct {
	every  time.Duration      // instead of the fields
	fields *cron.SpecSchedule // on a clock without a time zone
	stars  bool               // minutes or hours begin with *
	zone   *time.Location
}

// pattern is what an expression looks like. The table checks it too, so that SQL
// can store only what a node understands.
var pattern = func() string {
	list := func(value string) string {
		part := `(?:\*(?:/[1-9][0-9]?)?|(?:` + value + `)(?:-(?:` + value + `)(?:/[1-9][0-9]?)?)?)`
		return part + `(?:,` + part + `)*`
	}
	fields := []string{
		list(`[0-5]?[0-9]`), list(`[01]?[0-9]|2[0-3]`), `(?:\$|` + list(`0?[1-9]|[12][0-9]|3[01]`) + `)`,
		list(`0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec`), list(`[0-7]|sun|mon|tue|wed|thu|fri|sat`),
	}
	return `^(?:(?:[1-9]|[1-5][0-9]) seconds?|@(?:hourly|daily|midnight|weekly|monthly|yearly|annually)|` +
		strings.Join(fields, `[ \t]+`) + `)$`
}()

var wellFormed = regexp.MustCompile(`(?i)` + pattern)

// Parse reads an expression, whose times are those of a time zone ("Europe/Berlin";
// UTC when it is empty). What is wrong with either is an error of code 22023.
func Parse(expression, zone string) (*Expression, error) {
	text := strings.ToLower(strings.TrimSpace(expression))
	location, err := time.LoadLocation(zone)
	switch {
	case err != nil || zone == "Local":
		return nil, fault.New(fault.InvalidParameter, "time zone %q not recognized", zone).
			WithHint("Name one of the IANA database, such as Europe/Berlin.")
	case !wellFormed.MatchString(text):
		return nil, invalid(expression)
	}
	if count, isInterval := strings.CutSuffix(strings.TrimSuffix(text, "s"), " second"); isInterval {
		n, err := strconv.Atoi(count)
		if err != nil {
			return nil, invalid(expression)
		}
		return &Expression{every: time.Duration(n) * time.Second, zone: location}, nil
	}
	return parseFields(expression, text, location)
}

func invalid(expression string) *fault.Error {
	return fault.New(fault.InvalidParameter, "invalid schedule: %s", expression).
		WithHint(`Use five fields as in cron ("0 3 * * *"), "30 seconds", or @daily and its kind.`)
}

func parseFields(expression, text string, zone *time.Location) (*Expression, error) {
	parser, err := cron.TryNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DomL | cron.DowOrDom)
	if err != nil {
		return nil, fault.Internal(err)
	}
	parsed, err := parser.Parse(strings.ReplaceAll(text, "$", "L"))
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		return nil, invalid(expression).WithDetail("%v", err)
	}
	spec.Location = time.UTC
	spec.MaxSearchYears = 10 // there was no 29 February from 1896 to 1904
	e := &Expression{fields: spec, zone: zone, stars: text == "@hourly"}
	if f := strings.Fields(text); len(f) == 5 {
		e.stars = strings.HasPrefix(f[0], "*") || strings.HasPrefix(f[1], "*")
		// As in cron, */2 is no restriction that would make it an either-or.
		spec.Dom |= star(f[2])
		spec.Dow |= star(f[4])
	}
	if spec.Next(time.Unix(0, 0).UTC()).IsZero() {
		return nil, fault.New(fault.InvalidParameter, "the schedule %s is never due", expression)
	}
	return e, nil
}

// star is the library's mark of a field that restricts nothing.
func star(field string) uint64 {
	if strings.HasPrefix(field, "*") {
		return 1 << 63
	}
	return 0
}

// Next is the first time after another that is due; zero when there is none.
//
// Where clocks are changed it does as cron does. A schedule whose minutes or hours
// begin with * follows the time that passes: it is due whenever the clock shows
// such a time, twice if the clock shows it twice. Any other is due once for each
// time it names: at the first of two, and where the clock skips it, just then.
func (e *Expression) Next(after time.Time) time.Time {
	switch {
	case e.every > 0:
		return after.Add(e.every)
	case e.stars:
		return e.passing(after.In(e.zone))
	}
	return e.named(after.In(e.zone))
}

// passing goes from one change of the clock to the next.
func (e *Expression) passing(t time.Time) time.Time {
	for range 1000 {
		shown := onClock(t)
		next := e.fields.Next(shown)
		if next.IsZero() {
			return time.Time{}
		}
		due := t.Add(next.Sub(shown))
		_, change := t.ZoneBounds()
		if change.IsZero() || due.Before(change) {
			return due
		}
		if onClock(change).Truncate(time.Minute).Equal(onClock(change)) && e.due(onClock(change)) {
			return change
		}
		t = change
	}
	return time.Time{}
}

// due tells whether a time on the clock is one of the fields'.
func (e *Expression) due(shown time.Time) bool {
	return e.fields.Next(shown.Add(-time.Second)).Equal(shown)
}

func (e *Expression) named(t time.Time) time.Time {
	shown := onClock(t)
	for range 2000 { // more than the minutes of any change of a clock
		shown = e.fields.Next(shown)
		if shown.IsZero() {
			break
		}
		if due := first(shown, e.zone); due.After(t) {
			return due
		}
	}
	return time.Time{}
}

// onClock is what the clock on the wall shows, as a time of UTC.
func onClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// first is when a clock first shows a time, or skips it.
func first(shown time.Time, zone *time.Location) time.Time {
	y, m, d := shown.Date()
	t := time.Date(y, m, d, shown.Hour(), shown.Minute(), shown.Second(), 0, zone)
	begin, end := t.ZoneBounds()
	switch got := onClock(t); {
	case got.After(shown): // skipped, and t is behind the gap
		return begin
	case got.Before(shown):
		return end
	}
	if !begin.IsZero() {
		_, offset := begin.Add(-time.Nanosecond).Zone()
		if earlier := shown.Add(-time.Duration(offset) * time.Second); earlier.Before(begin) {
			return earlier.In(zone)
		}
	}
	return t
}
