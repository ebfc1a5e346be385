package main

import (
	"errors"

	"github.com/urfave/cli/v2"
)

// readSurveys reads the options of what measures and looks at all keys.
func (o *options) readSurveys(c *cli.Context) error {
	o.history, o.latencyDist, o.mono = c.Bool("latency-history"), c.Bool("latency-dist"), c.Bool("mono")
	o.latency = o.latency || o.history
	o.stat, o.hotKeys = c.Bool("stat"), c.Bool("hotkeys")
	o.memKeys, o.memSamples = c.Bool("memkeys") || c.IsSet("memkeys-samples"), -1
	o.bigKeys = c.Bool("bigkeys") || o.memKeys
	if c.IsSet("memkeys-samples") {
		if o.memSamples = c.Int("memkeys-samples"); o.memSamples < 0 {
			return errors.New("--memkeys-samples should be positive.")
		}
	}
	if o.intrinsic = c.Int("intrinsic-latency"); c.IsSet("intrinsic-latency") && o.intrinsic <= 0 {
		return errors.New("--intrinsic-latency takes a positive number of seconds")
	}
	if o.lruKeys = c.Int64("lru-test"); c.IsSet("lru-test") && o.lruKeys <= 0 {
		return errors.New("--lru-test takes a positive number of keys")
	}
	return nil
}
