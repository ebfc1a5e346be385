package rdb

import "fmt"

// special reads a record that is no key.
func (d *Decoder) special(code byte) (done bool, err error) {
	it := &d.item
	switch code {
	case opSelectDB:
		return d.selectDB()
	case opResizeDB:
		d.op, it.Op = doLen, OpResizeDB
		return true, d.lengths(&it.Keys, &it.Expires)
	case opSlotInfo:
		d.op, it.Op = doLen, OpSlotInfo
		return true, d.lengths(&it.Slot, &it.Keys, &it.Expires)
	case opAux:
		d.op, it.Op = doAux, OpAux
		return true, d.named(&it.Value)
	case opModuleAux:
		d.op, it.Op = doModuleAux, OpModuleAux
		return true, d.moduleAux()
	case opFunction:
		d.op, it.Op = doFunctions, OpFunction
		it.Value.Kind = KindString
		it.Value.Str, err = d.str(&d.strMem)
		return true, err
	case opFunctionPreGA:
		d.op, it.Op = doFunctions, OpFunctionPreGA
		return true, d.functionPreGA()
	}
	if d.opts.Foreign {
		switch {
		case d.valkey && code == opSlotImport:
			d.op, it.Op = doLen, OpSlotImport
			return true, d.slotImport()
		case !d.valkey && code == opTemplate:
			d.op, it.Op = doLen, OpTemplate
			return true, d.template()
		}
	}
	return false, fmt.Errorf("unknown type or opcode %d (0x%02x)%s", code, code, d.guess(code))
}

func (d *Decoder) selectDB() (bool, error) {
	d.op = doLen
	n, err := d.length()
	if err != nil {
		return false, err
	}
	if n >= 1<<31 && !d.opts.Redis70 {
		return false, fmt.Errorf("database %d: no server has so many", n)
	}
	d.item.Op, d.item.DB = OpSelectDB, int(n)
	return true, nil
}

func (d *Decoder) lengths(to ...*uint64) (err error) {
	for _, n := range to {
		if *n, err = d.length(); err != nil {
			return err
		}
	}
	return nil
}

// named reads a name into the item's key and a string into v.
func (d *Decoder) named(v *Value) (err error) {
	if d.item.Key, err = d.stringCopy(&d.keyMem); err != nil {
		return err
	}
	v.Kind = KindString
	v.Str, err = d.str(&d.strMem)
	return err
}

// functionPreGA reads what the first two release candidates of 7.0 wrote: name, engine, whether there is a
// description, the description, the source.
func (d *Decoder) functionPreGA() error {
	name, err := d.stringCopy(&d.keyMem)
	if err != nil {
		return err
	}
	d.item.Key = name
	if _, err = d.str(&d.strMem); err != nil {
		return err
	}
	described, err := d.length()
	if err != nil {
		return err
	}
	if described != 0 {
		if _, err = d.str(&d.strMem); err != nil {
			return err
		}
	}
	d.item.Value.Kind = KindString
	d.item.Value.Str, err = d.str(&d.strMem)
	return err
}
