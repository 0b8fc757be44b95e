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
// Values reach a plan as one flat list in the order of the tree: those of the
// payload, those of the conditions, then limit and offset.
package query
