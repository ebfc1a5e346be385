package app

import (
	"os"
	"path/filepath"

	"github.com/lockstep-db/lockstep/server/internal/config"
)

// ReadConfig reads the configuration that a command line asks for. Its errors are what redis-server prints.
func ReadConfig(cl config.CommandLine) (*config.Config, error) {
	if cl.File != "" {
		if abs, err := filepath.Abs(cl.File); err == nil {
			cl.File = abs // the server changes its directory, and CONFIG REWRITE needs the file again
		}
	}
	cfg := config.New()
	err := cfg.Load(cl, config.Source{ReadFile: os.ReadFile, Glob: filepath.Glob, Stdin: os.Stdin})
	return cfg, err
}
