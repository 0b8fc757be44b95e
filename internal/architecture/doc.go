// Package architecture holds no code, only tests of the whole repository: that
// imports follow the table of docs/architecture.md, that the libraries behind the
// engines stay behind them, and that files, functions and packages keep their
// size.
package architecture
