package rdb

import (
	"errors"
	"fmt"
	"math"
)

// The containers of a node of TypeListQuicklist2.
const (
	containerPlain  = 1
	containerPacked = 2
)

// nodes starts a list that is a number and so many nodes.
func (d *Decoder) nodes(v *Value) error {
	v.Kind = KindNodes
	n, err := d.length()
	if err != nil {
		return err
	}
	s := &d.pieces
	s.open, s.left, s.flat, s.node = true, n, nil, Node{}
	v.Len = int(min(n, math.MaxInt))
	// Only the first node that is not empty tells that the list is not.
	ok, err := d.nextNode(&s.node)
	if err == nil && !ok {
		err = ErrEmptyKey
	}
	return err
}

// nextNode reads the next node that has elements.
func (d *Decoder) nextNode(n *Node) (bool, error) {
	s := &d.pieces
	if s.node.Len > 0 {
		*n = s.node
		s.node = Node{}
		return true, nil
	}
	for ; s.left > 0; s.left-- {
		if err := d.readNode(n); err != nil {
			return false, err
		}
		if n.Len > 0 {
			s.left--
			return true, nil
		}
	}
	s.open = false
	return false, nil
}

func (d *Decoder) readNode(n *Node) (err error) {
	n.Kind = NodeZiplist
	if d.item.Value.Type == TypeListQuicklist2 {
		container, err := d.length()
		if err != nil {
			return err
		}
		switch container {
		case containerPlain:
			n.Kind = NodePlain
		case containerPacked:
			n.Kind = NodeListpack
		default:
			return fmt.Errorf("unknown container %d of a list node", container)
		}
	}
	if n.Data, err = d.str(&d.strMem); err != nil {
		return err
	}
	n.Len = 1
	if n.Kind == NodePlain && len(n.Data) == 0 {
		return errors.New("list node of a single element is empty")
	}
	if n.Kind != NodePlain {
		n.Len, err = checkFlat(n.Data, nodeKind(n.Kind), d.opts.Deep)
	}
	return err
}

func nodeKind(k NodeKind) Kind {
	if k == NodeZiplist {
		return KindZiplist
	}
	return KindListpack
}
