// Package plans holds tests alone. They send requests to package rest over tables
// of a million rows, on both engines, and compare how each is run with golden
// files: what is asked for is found by an index, under policies of every shape,
// and costs no more than it does among ten thousand rows.
//
//	go test ./internal/rest/plans            # compare
//	go test ./internal/rest/plans -update    # write the golden files
package plans
