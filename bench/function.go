package main

import "embed"

// helloText is what every hello answers to a request that names Ann.
const helloText = "Hello Ann!"

// functions are the ones that Galley is measured with, written as a user would.
//
//go:embed functions
var functions embed.FS

// shareOfREST compares the function that makes two queries with the two requests that
// would make them: what the two together take, in what the function takes.
func shareOfREST(prefix string, rows []row) (resource, bool) {
	took := map[entry]float64{}
	for _, r := range rows {
		if f := r.servers["galley"]; f.set && f.rate > 0 {
			took[r.entry] = 1 / f.rate
		}
	}
	if took[queries] == 0 || took[pointRead] == 0 || took[list] == 0 {
		return resource{}, false
	}
	return resource{prefix + "function with two queries, in the rate of two requests by REST", "×", (took[pointRead] + took[list]) / took[queries]}, true
}
