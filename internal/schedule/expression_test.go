package schedule

import (
	"slices"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func parse(t testing.TB, expression, zone string) *Expression {
	t.Helper()
	e, err := Parse(expression, zone)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return e
}

func TestNext(t *testing.T) {
	for _, c := range []struct{ expression, zone, after, want string }{
		{"* * * * *", "", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"},
		{"* * * * *", "", "2026-01-01T00:00:59.999999Z", "2026-01-01T00:01:00Z"},
		{" 0\t3  * * * ", "", "2026-01-01T03:00:00Z", "2026-01-02T03:00:00Z"},
		{"0 3 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"},
		{"0 0 $ * *", "", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 29 2 *", "", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 29 FEB *", "", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
		{"0 0 * * 7", "", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
		{"0 0 * * 5-7", "", "2026-01-03T12:00:00Z", "2026-01-04T00:00:00Z"},
		{"0 0 * * sat-7", "", "2026-01-01T12:00:00Z", "2026-01-03T00:00:00Z"},
		// Either of both days; but * and */2 restrict nothing.
		{"0 0 13 * 5", "", "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"},
		{"0 0 13 * 5", "", "2026-01-10T00:00:00Z", "2026-01-13T00:00:00Z"},
		{"0 0 */2 * 1", "", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"},
		{"0 0 */2 * 1", "", "2026-01-05T00:00:00Z", "2026-01-19T00:00:00Z"},
		{"15-45/15,50 9 * * *", "", "2026-01-01T09:30:00Z", "2026-01-01T09:45:00Z"},
		{"0 0 * * 6-1", "", "2026-01-05T00:00:00Z", "2026-01-10T00:00:00Z"}, // a range may go round
		{"15-45/15,50 9 * * *", "", "2026-01-01T09:45:00Z", "2026-01-01T09:50:00Z"},
		{"@weekly", "", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
		{"@yearly", "", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"30 seconds", "", "2026-01-01T00:00:10Z", "2026-01-01T00:00:40Z"},
		{"1 second", "", "2026-01-01T00:00:10Z", "2026-01-01T00:00:11Z"},

		// Skipped: on 29 March 2026 Berlin's clock goes from 2 to 3, at 1 UTC.
		{"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		{"0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"},
		{"*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
		{"*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"},
		// Repeated: on 25 October it goes from 3 back to 2, at 1 UTC.
		{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"},
		{"30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
		{"0 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"*/20 2 * * *", "Europe/Berlin", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z"},
		{"@hourly", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		// Half an hour, on 5 April 2026; a whole day that Samoa skipped; and a
		// midnight that São Paulo did.
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-30T10:00:00Z"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"},
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z"},
	} {
		if got := parse(t, c.expression, c.zone).Next(at(t, c.after)); !got.Equal(at(t, c.want)) {
			t.Errorf("%s in %s after %s: %s, want %s", c.expression, c.zone, c.after, got.UTC().Format(time.RFC3339), c.want)
		}
	}
}

// TestNextIsComplete compares with every minute of weeks in which clocks change: a
// schedule with stars is due whenever the clock shows it, any other once for each
// of its times.
func TestNextIsComplete(t *testing.T) {
	for zone, from := range map[string]string{
		"Europe/Berlin": "2026-03-27T00:00:00Z", "America/New_York": "2026-10-30T00:00:00Z", "Australia/Lord_Howe": "2026-04-03T00:00:00Z",
		"America/Sao_Paulo": "2018-11-02T00:00:00Z", "Africa/Casablanca": "2026-02-13T00:00:00Z", "Asia/Kathmandu": "1985-12-30T00:00:00Z",
	} {
		for _, expression := range []string{"* * * * *", "*/7 * * * *", "5 * * * *", "* 1,2 * * *", "30 1-3/2 * * *", "0,59 0-4 * * 0", "15 2 * * *"} {
			e, begin := parse(t, expression, zone), at(t, from)
			end := begin.Add(96 * time.Hour)
			var want []time.Time
			shown := map[time.Time]bool{}
			for m := begin.Add(time.Minute); m.Before(end); m = m.Add(time.Minute) {
				w := onClock(m.In(e.zone))
				if e.due(w) && (e.stars || !shown[w]) {
					want = append(want, m)
				}
				shown[w] = true
				// What the clock has just skipped is due now.
				before := onClock(m.Add(-time.Minute).In(e.zone)).Add(time.Minute)
				if before.Before(w) && !e.stars {
					if next := e.fields.Next(before.Add(-time.Second)); next.Before(w) && !slices.ContainsFunc(want, m.Equal) {
						want = append(want, m)
					}
				}
			}
			var got []time.Time
			for n := e.Next(begin); n.Before(end); n = e.Next(n) {
				got = append(got, n)
			}
			if !slices.EqualFunc(got, want, time.Time.Equal) {
				t.Errorf("%s in %s: %d times, want %d\n%v\n%v", expression, zone, len(got), len(want), got, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ expression, zone string }{
		{"", ""}, {"* * * *", ""}, {"* * * * * *", ""}, {"60 * * * *", ""}, {"* 24 * * *", ""}, {"* * 0 * *", ""}, {"* * 32 * *", ""},
		{"* * * 13 *", ""}, {"* * * * 8", ""}, {"*/0 * * * *", ""}, {"5/10 * * * *", ""}, {"0 0 30 2 *", ""},
		{"0 seconds", ""}, {"60 seconds", ""}, {"-1 seconds", ""}, {"1.5 seconds", ""}, {"@reboot", ""}, {"@every 1s", ""}, {"TZ=UTC * * * * *", ""},
		{"0 0 L * *", ""}, {"* * * * mon#1", ""}, {"1,,2 * * * *", ""}, {"* * * * *; drop", ""}, {"* * * * *", "Nowhere/Else"}, {"* * * * *", "Local"},
		{"* * * * *", "../etc/passwd"},
	} {
		if _, err := Parse(c.expression, c.zone); fault.Code(err) != fault.InvalidParameter {
			t.Errorf("%q in %q: %v", c.expression, c.zone, err)
		}
	}
}

func TestOwed(t *testing.T) {
	const due = "2026-01-01T03:00:00Z"
	for _, c := range []struct {
		expression, now, policy string
		most                    int
		want                    []string
		next                    string
	}{
		{"0 3 * * *", "2026-01-01T03:00:00Z", Skip, 1, []string{due}, "2026-01-02T03:00:00Z"},
		{"0 3 * * *", "2026-01-01T03:01:00Z", Skip, 1, []string{due}, "2026-01-02T03:00:00Z"},
		{"0 3 * * *", "2026-01-01T03:01:01Z", Skip, 1, nil, "2026-01-02T03:00:00Z"},
		{"0 3 * * *", "2026-01-01T09:00:00Z", Once, 1, []string{due}, "2026-01-02T03:00:00Z"},
		{"0 3 * * *", "2026-01-03T09:00:00Z", Once, 9, []string{"2026-01-03T03:00:00Z"}, "2026-01-04T03:00:00Z"},
		{"0 3 * * *", "2026-01-03T09:00:00Z", All, 9, []string{due, "2026-01-02T03:00:00Z", "2026-01-03T03:00:00Z"}, "2026-01-04T03:00:00Z"},
		{"0 3 * * *", "2026-01-03T09:00:00Z", All, 2, []string{"2026-01-02T03:00:00Z", "2026-01-03T03:00:00Z"}, "2026-01-04T03:00:00Z"},
		{"* * * * *", "2096-01-01T03:00:30Z", All, 2, []string{"2096-01-01T02:59:00Z", "2096-01-01T03:00:00Z"}, "2096-01-01T03:01:00Z"},
		{"* * * * *", "2026-01-01T03:01:30Z", Skip, 1, []string{"2026-01-01T03:01:00Z"}, "2026-01-01T03:02:00Z"},
		{"10 seconds", "2026-01-01T03:00:35Z", All, 9, []string{due, "2026-01-01T03:00:10Z", "2026-01-01T03:00:20Z", "2026-01-01T03:00:30Z"}, "2026-01-01T03:00:40Z"},
		{"1 second", "2096-01-01T03:00:35.5Z", Once, 9, []string{"2096-01-01T03:00:35Z"}, "2096-01-01T03:00:36Z"},
	} {
		e := parse(t, c.expression, "")
		list, err := e.owed(at(t, due), at(t, c.now), c.policy, c.most)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range list {
			got = append(got, o.UTC().Format(time.RFC3339))
		}
		next := e.following(at(t, due), at(t, c.now))
		if !slices.Equal(got, c.want) || !next.Equal(at(t, c.next)) {
			t.Errorf("%s at %s, %s %d: %v and then %s", c.expression, c.now, c.policy, c.most, got, next)
		}
	}
}
