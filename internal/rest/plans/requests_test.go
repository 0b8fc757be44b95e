package plans

// request is one request to plan and to measure.
type request struct {
	role, method, target, body string
	prefer                     string
	// scans says why PostgreSQL, which plans by what it knows of the values, has
	// a reason to read a table of a million rows whole; empty where it has none.
	scans string
}

// The caller owns the tasks 5000 + 20·n for n-th users' rows, is a member of team
// 25, and claims the tenant 5.
const (
	caller = "00000000-0000-4000-8000-0000000000fa" // user 250
	claims = `{"sub":"` + caller + `","tenant":5,"tenants":[5,6],"app_metadata":{"tenant":5}}`
)

const subplan = "PostgreSQL tests a subquery of a policy row by row"

// requests are those the tests send.
var requests = []request{
	// Lists in an order, and their pages.
	{role: "by_all", method: "GET", target: "/tasks?order=id&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?order=id.desc&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?order=created.desc,id.desc&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?order=created,id&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?order=priority,id&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?order=priority.desc,id.desc&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?order=priority.desc.nullslast,id.desc&limit=20", scans: "the index has nulls at its other end"},
	{role: "by_all", method: "GET", target: "/tasks?order=priority.asc.nullsfirst,id.asc&limit=20", scans: "the index has nulls at its other end"},
	{role: "by_all", method: "GET", target: "/tasks?order=price.desc&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?or=(created.lt.2026-01-01T01:00:00Z,and(created.eq.2026-01-01T01:00:00Z,id.lt.3600))&order=created.desc,id.desc&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?id=gt.5000&order=id&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?select=id,title&order=title&limit=20&title=gt.title%2000005000"},
	// Filters.
	{role: "by_all", method: "GET", target: "/tasks?id=eq.5000"},
	{role: "by_all", method: "GET", target: "/tasks?id=in.(1,2,3,5000)"},
	{role: "by_all", method: "GET", target: "/tasks?id=eq(any).{1,2,3}"},
	{role: "by_all", method: "GET", target: "/tasks?owner=eq." + caller},
	{role: "by_all", method: "GET", target: "/tasks?owner=in.(" + caller + ",00000000-0000-4000-8000-0000000000fb)"},
	{role: "by_all", method: "GET", target: "/tasks?price=eq.12.50"},
	{role: "by_all", method: "GET", target: "/tasks?price=gt.12.50&price=lt.15.60"},
	{role: "by_all", method: "GET", target: "/tasks?created=gte.2026-01-01T01:00:00Z&created=lt.2026-01-01T01:00:10Z"},
	{role: "by_all", method: "GET", target: "/tasks?title=like.title%200000500*", scans: "LIKE needs an index of the class text_pattern_ops where the collation is not C"},
	{role: "by_all", method: "GET", target: "/tasks?title=eq.title%2000005000"},
	{role: "by_all", method: "GET", target: "/tasks?priority=is.null&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?priority=eq.12"},
	{role: "by_all", method: "GET", target: "/tasks?priority=not.is.null&order=priority&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?data->>kind=eq.kind%20250"},
	{role: "by_all", method: "GET", target: "/tasks?data->>kind=in.(kind%20250,kind%20251)"},
	{role: "by_all", method: "GET", target: "/tasks?or=(id.eq.1,title.eq.title%2000005000)"},
	{role: "by_all", method: "GET", target: "/tasks?tenant=eq.5&order=priority.desc&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?project_id=eq.250&order=priority&limit=5"},
	// Embedding.
	{role: "by_all", method: "GET", target: "/tasks?select=id,projects(name)&order=id&limit=20"},
	{role: "by_all", method: "GET", target: "/projects?select=id,tasks(id,title)&order=id&limit=20&tasks.order=id.desc&tasks.limit=3"},
	{role: "by_all", method: "GET", target: "/tasks?select=id,tags(name)&id=gte.5000&order=id&limit=20"},
	{role: "by_all", method: "GET", target: "/tags?select=name,tasks(id)&id=eq.3&tasks.limit=5"},
	{role: "by_all", method: "GET", target: "/teams?select=name,projects(name,tasks(id,title,comments(body)))&id=eq.25&projects.limit=3&projects.tasks.limit=3&projects.tasks.comments.limit=3"},
	{role: "by_all", method: "GET", target: "/projects?select=name,tasks(id,tags(name),comments(body))&id=eq.250&tasks.order=id&tasks.limit=5"},
	{role: "by_all", method: "GET", target: "/comments?select=body,...tasks(title,...projects(project:name))&id=lt.20&order=id"},
	{role: "by_all", method: "GET", target: "/tasks?select=id,projects!inner(name)&projects.id=eq.250&limit=20"},
	{role: "by_all", method: "GET", target: "/projects?select=id,tasks!inner(id)&tasks.owner=eq." + caller + "&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?select=id,comments()&comments=is.null&order=id&limit=20"},
	{role: "by_all", method: "GET", target: "/tasks?select=id,projects(name)&order=projects(name)&owner=eq." + caller + "&limit=20"},
	// Counts.
	{role: "by_owner", method: "GET", target: "/tasks?select=id&order=id&limit=5", prefer: "count=exact"},
	{role: "by_owner", method: "HEAD", target: "/tasks", prefer: "count=exact"},
	{role: "by_tenant", method: "HEAD", target: "/tasks?priority=is.null", prefer: "count=exact"},
	// Policies.
	{role: "by_owner", method: "GET", target: "/tasks?order=id&limit=20"},
	{role: "by_owner", method: "GET", target: "/tasks?select=id,title,comments(body)&order=id.desc&limit=20"},
	{role: "by_owner", method: "GET", target: "/tasks?id=eq.250"},
	{role: "by_owner", method: "GET", target: "/tasks?title=like.title*&order=title&limit=20"},
	{role: "by_hoisted", method: "GET", target: "/tasks?order=id&limit=20"},
	{role: "by_tenant", method: "GET", target: "/tasks?order=priority&limit=20"},
	{role: "by_tenant", method: "GET", target: "/tasks?order=priority.desc&limit=20&priority=lt.5000"},
	{role: "by_metadata", method: "GET", target: "/tasks?limit=20"},
	{role: "by_list", method: "GET", target: "/tasks?limit=20"},
	{role: "by_in", method: "GET", target: "/tasks", scans: subplan},
	{role: "by_in", method: "GET", target: "/tasks?order=id&limit=20"},
	{role: "by_in", method: "GET", target: "/tasks?id=eq.5000"},
	{role: "by_exists", method: "GET", target: "/tasks", scans: subplan},
	{role: "by_exists", method: "GET", target: "/tasks?order=id.desc&limit=20", scans: subplan},
	{role: "by_exists", method: "GET", target: "/tasks?id=eq.5000"},
	{role: "by_exists", method: "GET", target: "/comments?id=lt.20"},
	{role: "by_either", method: "GET", target: "/tasks", scans: subplan},
	{role: "by_either", method: "GET", target: "/tasks?id=eq.5000"},
	{role: "by_exists", method: "GET", target: "/projects?select=name,tasks(title)&id=eq.250"},
	// Writes.
	{role: "by_owner", method: "PATCH", target: "/tasks?id=eq.250", body: `{"title":"new"}`},
	{role: "by_owner", method: "PATCH", target: "/tasks?priority=eq.25", body: `{"priority":26}`, prefer: "return=representation"},
	{role: "by_in", method: "PATCH", target: "/tasks?id=eq.5000", body: `{"title":"new"}`},
	{role: "by_exists", method: "PATCH", target: "/tasks?id=eq.5000", body: `{"title":"new"}`, prefer: "return=representation"},
	{role: "by_owner", method: "DELETE", target: "/tasks?id=eq.250"},
	{role: "by_tenant", method: "DELETE", target: "/tasks?title=eq.title%2000005000"},
	{role: "by_exists", method: "DELETE", target: "/tasks?id=eq.5000"},
	{role: "by_owner", method: "POST", target: "/comments?columns=id,task_id,author,body", body: `{"id":-1,"task_id":250,"author":"` + caller + `","body":"new"}`},
	{role: "by_all", method: "POST", target: "/tags?on_conflict=id", body: `[{"id":3,"name":"new"},{"id":-1,"name":"other"}]`, prefer: "resolution=merge-duplicates"},
	{role: "by_all", method: "POST", target: "/tags?on_conflict=name", body: `{"id":-1,"name":"tag 3"}`, prefer: "resolution=ignore-duplicates"},
}
