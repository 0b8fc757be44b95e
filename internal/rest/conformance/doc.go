// Package conformance replays the cases of PostgREST's own specification
// against package rest, on both engines. Its tests read
// ../shared/conformance/postgrest beside the repository, load the fixtures into a
// real database, and compare the outcome of each case with a ledger that may only
// improve:
//
//	go test ./internal/rest/conformance                # compare
//	go test ./internal/rest/conformance -update        # write the ledgers
//	go test -v ./internal/rest/conformance -differences
//
// On the embedded engine the fixtures are loaded statement by statement.
// testdata/fixtures lists those it refuses. A case that speaks of an object which
// did not load is no part of the count; the ledger says which one, under "out".
package conformance
