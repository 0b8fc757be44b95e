package main

import (
	"fmt"
	"testing"
)

func TestReadMetrics(t *testing.T) {
	found := map[string][]float64{}
	for _, count := range []string{"-2", "-16", ""} {
		readMetrics([]byte("goos: linux\nBenchmarkShare/postgres/statements"+count+" \t 4000\t 121163 ns/op\t -3.5 added-%\t 1e+04 tx/s\nBenchmarkOther\nPASS\n"), found)
	}
	want := "map[Share/postgres/statements added-%:[-3.5 -3.5 -3.5] Share/postgres/statements ns/op:[121163 121163 121163] Share/postgres/statements tx/s:[10000 10000 10000]]"
	if got := fmt.Sprint(found); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
