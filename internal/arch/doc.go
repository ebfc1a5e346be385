// Package arch holds the architecture against the code: its tests load every package of the workspace and check
//
//	who may import whom          imports_test.go
//	ring 1 of libs/repl is pure  purity_test.go
//	only vfs, persist touch files, only netconn and app sockets  purity_test.go
//	sizes of files and functions size_test.go
//	what docs and package comments name exists                   paths_test.go proofs_test.go
//	package comments, no init(), no mutable package variables    style_test.go
//
// A rule that proves wrong is changed here together with docs/ARCHITECTURE.md and a page in docs/decisions.
// Single exceptions stand in the tables next to each rule with their reason.
package arch
