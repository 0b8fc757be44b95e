// Package query is the plan that the data APIs share: a tree of what is asked
// (relation, columns, conditions, order, page, writes), checked against the
// schema snapshot, and its compilation to one Postgres SQL statement.
//
//	read := &query.Read{Node: query.Node{Schema: "public", Name: "todos",
//		Where: []query.Cond{{Op: query.Eq, Field: query.Field{Column: "done"}, Value: "false"}}}}
//	plan, err := query.CompileRead(snapshot, read)
//	args, err := plan.Bind(query.Values(nil, read.Where))
//
// The text of a statement depends on the shape of what is asked only: values
// are always parameters, and every identifier in the text is one that the
// snapshot knows, or an alias, quoted. So a plan is cached by shape (Cache) and
// serves every request that differs in values alone.
//
// Related rows are embedded by a subquery in the select list for each relation
// (embed.go), whatever the depth: one request is one statement.
//
// Values reach a plan as one flat list: those of the payload and of the
// conditions of a write, those of the embedded relations (Plan.Embedded), those
// of the conditions of a read, then limit and offset.
package query
