//go:build race

package arena

// raceEnabled: the race detector keeps shadow memory, so that the size of the process says little.
const raceEnabled = true
