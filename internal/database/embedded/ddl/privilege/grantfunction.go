package privilege

import (
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/function"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// functions handles GRANT … ON FUNCTION.
func (r *request) functions() error {
	var list []*catalog.Function
	for _, o := range work.Items(r.Objects) {
		f, err := function.Find(r.w, o, false)
		if err != nil {
			return err
		}
		list = append(list, f)
	}
	p, err := r.parse(catalog.Execute, "function")
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := r.function(f, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *request) function(f *catalog.Function, p privileges) error {
	if len(p.columns) > 0 {
		return fault.New("0LP01", "column privileges are only valid for relations")
	}
	acl, err := r.apply(target{"function", f.Name, f.Owner, catalog.Execute, f.Rights()}, p.whole, p.all)
	if err != nil {
		return err
	}
	changed := *r.w.Cat().Functions[f.OID]
	changed.ACL = acl
	r.w.Draft().AddFunction(&changed)
	return nil
}
