// Package spelling tells how far apart names are, for hints at what somebody meant.
package spelling

// Distance is how many letters have to be added, left out or replaced to make b of a
// (Levenshtein's distance). It takes time in the product of their lengths.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

// Similarity is 1 less the distance as a share of the longer name: 1 for equal names, 0
// for names that have nothing in common.
func Similarity(a, b string) float64 {
	longest := max(len([]rune(a)), len([]rune(b)))
	if longest == 0 {
		return 1
	}
	return 1 - float64(Distance(a, b))/float64(longest)
}
