// Package apart keeps the servers that are measured and the load generator on processors
// of their own, so that nothing the generator takes is missing to a server, and a rate is
// what one processor of a server can do.
package apart
