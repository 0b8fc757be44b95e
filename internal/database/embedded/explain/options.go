// Package explain is EXPLAIN: its options, and the plans of SQLite statements in a
// form to read. The names in them are those of the database, not the file's.
package explain

import (
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// Options are those of EXPLAIN (PostgreSQL documentation, EXPLAIN). COSTS, BUFFERS,
// WAL and SETTINGS are read and show nothing: the engine has none of these.
type Options struct {
	Analyze bool // run the statement and tell its rows
	Verbose bool // tell the columns of the result
	Timing  bool // with Analyze: tell the time
	Summary bool // tell the times of planning and execution
	JSON    bool
}

// Read reads the options of a statement.
func Read(n *ast.ExplainStmt) (Options, error) {
	given := map[string]bool{}
	var o Options
	for _, item := range syntax.Items(n.Options) {
		d, ok := item.(*ast.DefElem)
		if !ok {
			return o, fault.New(fault.SyntaxError, "unrecognized EXPLAIN option")
		}
		if d.Defname == "format" {
			if err := o.format(d); err != nil {
				return o, err
			}
			continue
		}
		switch d.Defname {
		case "analyze", "verbose", "costs", "buffers", "wal", "settings", "timing", "summary":
		default:
			return o, fault.New(fault.SyntaxError, `unrecognized EXPLAIN option "%s"`, d.Defname)
		}
		on, err := boolean(d)
		if err != nil {
			return o, err
		}
		given[d.Defname] = on
	}
	o.Analyze, o.Verbose, o.Timing = given["analyze"], given["verbose"], given["timing"]
	if _, ok := given["timing"]; !ok {
		o.Timing = o.Analyze
	}
	if o.Summary = given["summary"]; !o.Summary {
		_, ok := given["summary"]
		o.Summary = o.Analyze && !ok
	}
	for _, name := range []string{"wal", "timing"} {
		if given[name] && !o.Analyze {
			return o, fault.New(fault.InvalidParameter, "EXPLAIN option %s requires ANALYZE", strings.ToUpper(name))
		}
	}
	return o, nil
}

func (o *Options) format(d *ast.DefElem) error {
	switch value := text(d); value {
	case "text":
		o.JSON = false
	case "json":
		o.JSON = true
	case "xml", "yaml":
		return fault.Unsupported("EXPLAIN (FORMAT %s) is not supported by the embedded engine", strings.ToUpper(value)).
			WithHint("Use FORMAT JSON.")
	default:
		return fault.New(fault.InvalidParameter, `unrecognized value for EXPLAIN option "format": "%s"`, value)
	}
	return nil
}

// text is the value of an option as it is written.
func text(d *ast.DefElem) string {
	switch v := d.Arg.(type) {
	case *ast.String:
		return v.SVal
	case *ast.Integer:
		return strconv.Itoa(v.IVal)
	case *ast.Boolean:
		return strconv.FormatBool(v.BoolVal)
	}
	return ""
}

// boolean is the value of an option that is on when it has none.
func boolean(d *ast.DefElem) (bool, error) {
	if d.Arg == nil {
		return true, nil
	}
	switch strings.ToLower(text(d)) {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, fault.New(fault.SyntaxError, "%s requires a Boolean value", d.Defname)
}
