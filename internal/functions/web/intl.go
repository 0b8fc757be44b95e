package web

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // for machines that have no zone files

	"github.com/galleyhq/galley/internal/functions/engine"
)

// locales are what is known of each locale, and in zones what each calls time zones;
// generate.mjs beside them says how.
//
//go:embed locales/*.json locales/zones/*.json
var locales embed.FS

// internationalization are the operations of Intl: its data, and the rules of time zones.
func internationalization() map[string]Operation {
	order := &collators{named: map[string]int{}}
	return map[string]Operation{
		"intl.locales": localeNames,
		"intl.locale":  localeFile("locales/"),
		"intl.names":   localeFile("locales/zones/"),
		"intl.groups": func(context.Context, []engine.Value) (engine.Value, error) {
			text, err := locales.ReadFile("locales/zones/groups.json")
			return engine.JSON(text), err
		},
		"intl.zone":     zoneName,
		"intl.offset":   zoneOffset,
		"intl.collator": order.collator,
		"intl.compare":  order.compare,
	}
}

// localeFile gives what a folder has of a locale.
func localeFile(folder string) Operation {
	return func(_ context.Context, given []engine.Value) (engine.Value, error) {
		text, err := locales.ReadFile(folder + engine.Args(given).Text(0) + ".json")
		return engine.JSON(text), err
	}
}

// localeNames is intl.locales(): those that there is a file of.
func localeNames(context.Context, []engine.Value) (engine.Value, error) {
	entries, err := locales.ReadDir("locales")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, strings.TrimSuffix(e.Name(), ".json"))
		}
	}
	text, err := json.Marshal(names)
	return engine.JSON(text), err
}

// zoneName is intl.zone(name): the name as the rules of time zones have it, null when there
// is none. Without a name it is that of the server's own zone.
func zoneName(_ context.Context, given []engine.Value) (engine.Value, error) {
	name, ok := engine.Args(given).At(0).(string)
	if !ok {
		name = time.Local.String()
		if _, offset := time.Now().Zone(); name == "Local" && offset == 0 {
			name = "UTC"
		}
		return name, nil
	}
	for _, form := range []string{name, strings.ToUpper(name), titled(name)} {
		if _, err := zone(form); err == nil {
			return form, nil
		}
	}
	return nil, nil
}

// titled writes each word of a name with a capital: europe/berlin as Europe/Berlin.
func titled(name string) string {
	b := []byte(strings.ToLower(name))
	for i, c := range b {
		if c >= 'a' && c <= 'z' && (i == 0 || b[i-1] == '/' || b[i-1] == '_' || b[i-1] == '-') {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// zone finds a time zone; those that are names to Go alone are none.
func zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("there is no time zone %q", name)
	}
	return time.LoadLocation(name)
}

// zoneOffset is intl.offset(zone, time): the seconds that a zone is before UTC at a time,
// in milliseconds since 1970.
func zoneOffset(_ context.Context, given []engine.Value) (engine.Value, error) {
	a := engine.Args(given)
	l, err := zone(a.Text(0))
	if err != nil {
		return nil, err
	}
	_, offset := time.UnixMilli(int64(a.Number(1))).In(l).Zone()
	return float64(offset), nil
}
