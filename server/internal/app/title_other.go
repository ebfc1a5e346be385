//go:build !linux

package app

import "os"

// TakeArgs returns the command line. A title is not shown here.
func TakeArgs() ([]string, *Title) { return os.Args, &Title{} }
