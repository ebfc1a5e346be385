// Package persist keeps the data set on disk. A save reads a snapshot on goroutines of its own while the engine goes on;
// it writes a temporary file, syncs it, renames it over the old one and syncs the directory, so that at any moment there is one
// whole file. Loading decodes on one goroutine while the engine's inserts.
//
//	Driver (engine's thread) --Snapshot--> Encode (encode.go) --> SaveFile (save.go) --Post--> Driver.finished
//	Load (load.go): decoder goroutine --batches--> engine's thread
package persist
