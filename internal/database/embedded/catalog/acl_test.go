package catalog

import (
	"encoding/json"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

// TestFirstFormat reads privileges as files of the first format hold them: the
// owner's understood, everything granted by the owner, defaults with the schema.
func TestFirstFormat(t *testing.T) {
	c := &Catalog{Schemas: map[string]*Schema{}, Roles: map[string]*Role{}, Tables: map[uint32]*Table{}, Sequences: map[uint32]*Sequence{}}
	for kind, def := range map[string]string{
		"role":     `{"OID": 1, "Name": "owner"}`,
		"schema":   `{"OID": 2, "Name": "s", "Owner": "owner", "ACL": {"anon": 128, "public": 128}, "DefaultTables": {"anon": 1}, "DefaultSequences": null}`,
		"table":    `{"OID": 3, "Schema": "s", "Name": "t", "Owner": "owner", "ACL": {"anon": 3}, "Columns": [{"Number": 1, "Name": "a", "ACL": {"anon": 4}}, {"Number": 2, "Name": "b", "ACL": null}]}`,
		"sequence": `{"OID": 4, "Schema": "s", "Name": "q", "Owner": "owner", "ACL": null}`,
	} {
		if err := c.load(kind, []byte(def)); err != nil {
			t.Fatal(err)
		}
	}
	c.Roles["anon"] = &Role{Name: "anon", Defaults: []Default{}}
	c.adopt()
	table := c.Tables[3]
	for _, check := range []struct {
		what string
		ok   bool
	}{
		{"the owner's own rights", c.Has("owner", "owner", table.ACL, AllOnTable)},
		{"what was granted", c.Has("anon", "owner", table.ACL, Select|Insert)},
		{"nothing more", !c.Has("anon", "owner", table.ACL, Update)},
		{"a column", c.Granted("anon", table.Columns[0].ACL, Update) && !c.Granted("owner", table.Columns[0].ACL, Update)},
		{"a column without", table.Columns[1].ACL == nil},
		{"public", c.Has("anon", "owner", c.Schemas["s"].ACL, Usage)},
		{"no ACL", c.Sequences[4].ACL == nil && c.Has("owner", "owner", nil, AllOnSequence)},
		{"defaults", c.Granted("anon", c.NewACL("owner", "s", DefaultTables), Select)},
		{"defaults of another schema", c.NewACL("owner", "other", DefaultTables) == nil},
		{"no defaults", c.NewACL("owner", "s", DefaultSequences) == nil},
	} {
		if !check.ok {
			t.Errorf("%s: wrong", check.what)
		}
	}
	text, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	var again Table
	if err := json.Unmarshal(text, &again); err != nil || !again.ACL.Equal(table.ACL) {
		t.Errorf("%v: %v after %v", err, again.ACL, table.ACL)
	}
}

func TestRevokeFollowsGrants(t *testing.T) {
	acl := OwnerACL("o", AllOnTable)
	grant := func(grantee, grantor string, option Privilege) {
		t.Helper()
		next, err := acl.Change(Grant{grantee, grantor, Select, option}, true, "o", false)
		if err != nil {
			t.Fatal(err)
		}
		acl = next
	}
	grant("a", "o", Select)
	grant("b", "a", Select)
	grant("c", "b", 0)
	if _, err := acl.Change(Grant{"a", "b", Select, Select}, true, "o", false); fault.Code(err) != "0LP01" {
		t.Errorf("an option went back to its grantor: %v", err)
	}
	if _, err := acl.Change(Grant{"a", "o", Select, Select}, false, "o", false); fault.Code(err) != fault.DependentObjects {
		t.Errorf("revoked under those who hold by it: %v", err)
	}
	next, err := acl.Change(Grant{"a", "o", Select, Select}, false, "o", true)
	if err != nil || !next.Equal(OwnerACL("o", AllOnTable)) {
		t.Errorf("%v: %v is left", err, next)
	}
	if acl.Of("c") != Select {
		t.Error("the ACL itself was changed")
	}
}
