package rdb

import "fmt"

// The pieces of a module's data; each starts with its code as a length.
const (
	moduleEOF    = 0
	moduleSint   = 1
	moduleUint   = 2
	moduleFloat  = 3
	moduleDouble = 4
	moduleString = 5
)

// ModuleName returns the name of the module type and its encoding version from the ID before its data: nine characters
// of 6 bits each, then 10 bits.
func ModuleName(id uint64) (name string, version int) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, 9)
	for i := range b {
		b[i] = alphabet[id>>(58-6*i)&0x3F]
	}
	return string(b), int(id & 0x3FF)
}

// module reads a module value, which stays raw: only its module knows what it means.
func (d *Decoder) module(v *Value) error {
	if err := d.moduleID(v); err != nil {
		return err
	}
	if err := d.moduleData(); err != nil {
		return err
	}
	v.Raw = d.stopCapture()
	return nil
}

// moduleID begins to capture a raw value, which opens with the ID of its module.
func (d *Decoder) moduleID(v *Value) (err error) {
	v.Kind = KindRaw
	d.startCapture()
	v.Module, err = d.length()
	return err
}

// moduleAux reads data that a module keeps beside the keys: ID, when it was saved, data.
func (d *Decoder) moduleAux() error {
	v := &d.item.Value
	if err := d.moduleID(v); err != nil {
		return err
	}
	name, _ := ModuleName(v.Module)
	d.keyMem = append(d.keyMem[:0], name...)
	d.item.Key = d.keyMem
	var code, when uint64
	if err := d.lengths(&code, &when); err != nil {
		return err
	}
	if code != moduleUint {
		return fmt.Errorf("module %s: piece %d where the time of saving (%d) is expected", name, code, moduleUint)
	}
	if err := d.moduleData(); err != nil {
		return err
	}
	v.Raw = d.stopCapture()
	return nil
}

// moduleData skips pieces up to the end mark.
func (d *Decoder) moduleData() error {
	for {
		code, err := d.length()
		if err != nil {
			return err
		}
		switch code {
		case moduleEOF:
			return nil
		case moduleSint, moduleUint:
			_, err = d.length()
		case moduleFloat:
			_, err = d.take(4, &d.strMem)
		case moduleDouble:
			_, err = d.take(8, &d.strMem)
		case moduleString:
			_, err = d.str(&d.strMem)
		default:
			err = fmt.Errorf("unknown piece %d of module data", code)
		}
		if err != nil {
			return err
		}
	}
}
