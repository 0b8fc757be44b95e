package web

import (
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// TestIntlRefuses names what is not there; testdata/intl.js is about what is.
func TestIntlRefuses(t *testing.T) {
	const tell = `const tell = (run) => { try { return "" + run() } catch (e) { return e.name + ": " + e.message } };
		function ask(n) { return tell(cases[n]) }
		const cases = [
			() => new Intl.DisplayNames(["en"], { type: "region" }), () => Intl.DisplayNames.supportedLocalesOf("en").length, () => new Intl.Segmenter("en"),
			() => new Intl.NumberFormat("ar").format(1), () => (1).toLocaleString("de-LU"), () => new Date(0).toLocaleDateString("de-u-nu-latn"),
			() => new Intl.NumberFormat("de", { style: "unit", unit: "liter" }), () => new Intl.NumberFormat("de", { notation: "scientific" }),
			() => new Intl.NumberFormat("de", { style: "currency", currency: "XTS" }), () => (1).toLocaleString("de", { style: "currency", currency: "EUR", currencyDisplay: "name" }),
			() => new Intl.NumberFormat("de", { style: "percent", notation: "compact" }), () => new Intl.DateTimeFormat("de", { month: "narrow" }),
			() => new Intl.DateTimeFormat("de", { weekday: "long", hour: "numeric" }), () => new Intl.DateTimeFormat("de", { minute: "numeric" }),
			() => new Date(0).toLocaleString("de", { timeZoneName: "shortGeneric" }), () => Intl.DateTimeFormat("de", { timeZone: "" }),
			() => Intl.NumberFormat(["ar", "de"]).format(0.5), () => typeof Intl.DateTimeFormat().resolvedOptions().timeZone,
			() => new Intl.PluralRules("ar"), () => new Intl.DateTimeFormat("de").formatRange(0, 1), () => new Date(0).toLocaleString("de", { era: "short" }),
			() => "a".localeCompare("b", "de", { ignorePunctuation: true }), () => "a".localeCompare("b", "xx"), () => new Intl.Collator("ja").resolvedOptions().locale,
			() => "a".repeat(2 << 20).localeCompare("a".repeat(2 << 20)), () => new Intl.Locale("de").maximize(),
		]`
	l := begin(t).start(t, printing(&strings.Builder{}), tell)
	const tail = " is not supported here: use a library such as date-fns or dinero.js, or format it yourself"
	for i, want := range []string{
		"RangeError: Intl.DisplayNames" + tail, "0", "RangeError: Intl.Segmenter" + tail,
		"RangeError: Intl.NumberFormat: the locale ar is not there; these are: bg, ca, cs, da, de-AT, ", "RangeError: Number.toLocaleString: the locale de-LU is not there; these are: ",
		"RangeError: Intl: the locale de-u-nu-latn" + tail,
		"RangeError: Intl.NumberFormat: the option unit: liter" + tail, "RangeError: Intl.NumberFormat: the option notation: scientific" + tail,
		"RangeError: Intl.NumberFormat: the currency XTS" + tail, "RangeError: Number.toLocaleString: the currencyDisplay name" + tail,
		"RangeError: Intl.NumberFormat: the notation compact with the style percent" + tail, "RangeError: Intl.DateTimeFormat: the month narrow" + tail,
		"RangeError: Intl.DateTimeFormat: this choice of parts" + tail, "RangeError: Intl.DateTimeFormat: this choice of parts" + tail,
		"RangeError: Date.toLocaleString: the option timeZoneName: shortGeneric" + tail, "RangeError: Invalid time zone specified: ", "0,5", "string",
		"RangeError: Intl.PluralRules: the locale ar is not there", "RangeError: Intl.DateTimeFormat.formatRange" + tail, "RangeError: Date.toLocaleString: the era, of other locales than en-US," + tail,
		"RangeError: String.localeCompare: the option ignorePunctuation" + tail, "-1", "en-US",
		"HostError: texts of more than 1048576 bytes are not compared by a language", "RangeError: Intl.Locale.maximize" + tail,
	} {
		got, err := l.Call(t.Context(), "ask", float64(i))
		if text, _ := got.(string); err != nil || !strings.HasPrefix(text, want) {
			t.Errorf("case %d: %v %v, want %s", i, got, err, want)
		}
	}
}

// TestZones finds time zones in the spelling of their rules, whatever that of the caller is.
func TestZones(t *testing.T) {
	for given, want := range map[string]engine.Value{"Europe/Berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "utc": "UTC", "UTC": "UTC", "America/Port-au-Prince": "America/Port-au-Prince",
		"america/new_york": "America/New_York", "": nil, "Local": nil, "local": nil, "../zone": nil, "Europe/Nowhere": nil} {
		if got, err := zoneName(t.Context(), []engine.Value{given}); got != want || err != nil {
			t.Errorf("%s: %v %v", given, got, err)
		}
	}
	if got, err := zoneOffset(t.Context(), []engine.Value{"Europe/Berlin", float64(time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC).UnixMilli())}); got != 7200.0 || err != nil {
		t.Errorf("%v %v", got, err)
	}
}
