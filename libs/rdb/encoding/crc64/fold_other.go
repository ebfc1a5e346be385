//go:build !amd64

package crc64

// Update returns the checksum of some bytes followed by p, where crc is the checksum of those bytes (0 for none).
func Update(crc uint64, p []byte) uint64 { return update(crc, p) }
