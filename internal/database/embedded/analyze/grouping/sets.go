package grouping

import "slices"

// United are the keys of two sets.
func United(x, y []int) []int {
	out := slices.Concat(x, y)
	slices.Sort(out)
	return slices.Compact(out)
}

// Combined unites each set of one list with each of another.
func Combined(x, y [][]int) [][]int {
	var out [][]int
	for _, left := range x {
		for _, right := range y {
			out = append(out, United(left, right))
		}
	}
	return out
}

// Rollup are all elements, all but the last, and so on to none.
func Rollup(elements [][]int) [][]int {
	out := [][]int{nil}
	for _, e := range elements {
		out = append(out, United(out[len(out)-1], e))
	}
	slices.Reverse(out)
	return out
}

// Cube are all subsets of the elements.
func Cube(elements [][]int) [][]int {
	out := [][]int{nil}
	for _, e := range elements {
		out = append(out, Combined(out, [][]int{e})...)
	}
	slices.Reverse(out)
	return out
}

// Distinct leaves one of each set.
func Distinct(sets [][]int) [][]int {
	var out [][]int
	for _, set := range sets {
		if !slices.ContainsFunc(out, func(other []int) bool { return slices.Equal(other, set) }) {
			out = append(out, set)
		}
	}
	return out
}
