package rdb

// skimStream passes a stream, whose form streams.go and foreign.go draw.
func (d *Decoder) skimStream(t Type) error {
	nodes, err := d.skimLen("number of nodes")
	if err != nil {
		return err
	}
	for range nodes {
		if err := d.skimString("node's first ID"); err != nil {
			return err
		}
		if err := d.skimString("node, listpack"); err != nil {
			return err
		}
	}
	if err := d.skimLens("entries", "last ID, ms", "last ID, seq"); err != nil {
		return err
	}
	if t >= TypeStream2 {
		if err := d.skimLens("first ID, ms", "first ID, seq", "highest deleted ID, ms", "highest deleted ID, seq", "entries ever added"); err != nil {
			return err
		}
	}
	groups, err := d.skimLen("number of groups")
	if err != nil {
		return err
	}
	for range groups {
		if err := d.skimGroup(t); err != nil {
			return err
		}
	}
	if t >= TypeStream4 {
		return d.skimProducers()
	}
	return nil
}

func (d *Decoder) skimGroup(t Type) error {
	if err := d.skimString("group"); err != nil {
		return err
	}
	if err := d.skimLens("last delivered ID, ms", "last delivered ID, seq"); err != nil {
		return err
	}
	if t >= TypeStream2 {
		if _, err := d.skimLen("entries read"); err != nil {
			return err
		}
	}
	if err := d.skimIDs("pending entries", "pending entry", func() error {
		if err := d.skimFixed(8, "delivery time"); err != nil {
			return err
		}
		_, err := d.skimLen("deliveries")
		return err
	}); err != nil {
		return err
	}
	consumers, err := d.skimLen("number of consumers")
	if err != nil {
		return err
	}
	for range consumers {
		if err := d.skimConsumer(t); err != nil {
			return err
		}
	}
	if t >= TypeStream5 {
		return d.skimIDs("refused entries", "refused entry", nil)
	}
	return nil
}

// skimIDs passes a number of IDs, and what follows each.
func (d *Decoder) skimIDs(what, one string, then func() error) error {
	n, err := d.skimLen("number of " + what)
	if err != nil {
		return err
	}
	for range n {
		if err := d.skimFixed(16, one); err != nil {
			return err
		}
		if then == nil {
			continue
		}
		if err := then(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) skimConsumer(t Type) error {
	if err := d.skimString("consumer"); err != nil {
		return err
	}
	if err := d.skimFixed(8, "seen at"); err != nil {
		return err
	}
	if t >= TypeStream3 {
		if err := d.skimFixed(8, "active at"); err != nil {
			return err
		}
	}
	return d.skimIDs("a consumer's pending entries", "a consumer's pending entry", nil)
}

func (d *Decoder) skimProducers() error {
	if err := d.skimLens("producers: duration", "most entries"); err != nil {
		return err
	}
	n, err := d.skimLen("number of producers")
	if err != nil {
		return err
	}
	for range n {
		if err := d.skimString("producer"); err != nil {
			return err
		}
		entries, err := d.skimLen("number of entries")
		if err != nil {
			return err
		}
		for range entries {
			if err := d.skimString("entry of a producer"); err != nil {
				return err
			}
			if err := d.skimLens("ID, ms", "ID, seq"); err != nil {
				return err
			}
		}
	}
	return d.skimLens("entries added", "duplicates")
}
