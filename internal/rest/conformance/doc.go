// Package conformance replays the cases of PostgREST's own specification
// against package rest. Its tests read ../shared/conformance/postgrest beside
// the repository, load the fixtures into a real database, and compare the
// outcome of each case with a ledger that may only improve:
//
//	go test ./internal/rest/conformance            # compare
//	go test ./internal/rest/conformance -update    # write the ledger
package conformance
