package config

import (
	"strings"
	"testing"
)

// TestTransportsLack: a transport that is named without what it takes is refused with
// the keys to set, each of which there is.
func TestTransportsLack(t *testing.T) {
	there := map[string]bool{}
	for _, k := range keys {
		there[k.name] = true
	}
	for transport, wanted := range transportKeys {
		section, name, _ := strings.Cut(transport, ".")
		_, _, err := Load(Source{Project: t.TempDir(), Env: []string{"GALLEY_" + strings.ToUpper(section) + "_TRANSPORT=" + name}})
		if err == nil || !strings.Contains(err.Error(), name+" needs "+wanted) {
			t.Errorf("%s: %v", transport, err)
		}
		for _, word := range strings.FieldsFunc(wanted, func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' }) {
			if strings.Contains(word, ".") && !there[word] {
				t.Errorf("%s: there is no key %s", transport, word)
			}
		}
	}
}

// TestTrialDatabase: backups are tried in another database than the project's.
func TestTrialDatabase(t *testing.T) {
	for _, c := range []struct{ url, wrong string }{
		{"postgres://a/b", "expected another database"}, {"mysql://a/b", "expected postgres://"}, {"postgres://a/c", ""},
	} {
		_, _, err := Load(Source{Project: t.TempDir(), Env: []string{"DATABASE_URL=postgres://a/b", "GALLEY_BACKUP_TEST_URL=" + c.url}})
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}
