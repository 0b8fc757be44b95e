// Package course tries the course in docs/course, and other pages, as a reader would.
package course
