package stats

import (
	"bytes"
	"slices"
	"strings"
)

// Prefixes is a tree of the parts of key names: "user:17:name" counts for "user:" and for "user:17:". When it has grown
// beyond its limit, the branches with the least memory are cut off; their keys still count for what lies above them.
type Prefixes struct {
	Root   *Prefix
	Pruned bool // some branches were cut off
	opts   Options
	size   int
}

// Prefix is a node of the tree.
type Prefix struct {
	Name     string // the whole prefix, with the separator at its end
	Sum      Sum
	Children map[string]*Prefix
}

func newPrefixes(opts Options) *Prefixes {
	return &Prefixes{Root: &Prefix{}, opts: opts}
}

func (p *Prefixes) add(k *Key, expired bool) {
	node, name := p.Root, k.Name
	node.Sum.add(k, expired)
	sep := []byte(p.opts.Separator)
	at := 0
	for range p.opts.Depth {
		n := bytes.Index(name[at:], sep)
		if n < 0 || len(sep) == 0 {
			break
		}
		part := name[at : at+n+len(sep)]
		at += len(part)
		child := node.Children[string(part)]
		if child == nil {
			child = &Prefix{Name: string(name[:at])}
			if node.Children == nil {
				node.Children = map[string]*Prefix{}
			}
			node.Children[string(part)] = child
			p.size++
		}
		child.Sum.add(k, expired)
		node = child
	}
	if p.size > p.opts.Prefixes {
		p.prune()
	}
}

// prune cuts the smaller half of the leaves off.
func (p *Prefixes) prune() {
	p.Pruned = true
	var sizes []int64
	p.Root.leaves(func(_, leaf *Prefix, _ string) { sizes = append(sizes, leaf.Sum.Memory) })
	slices.Sort(sizes)
	limit, cut := sizes[len(sizes)/2], 0
	p.Root.leaves(func(parent, leaf *Prefix, part string) {
		if leaf.Sum.Memory <= limit && cut <= len(sizes)/2 {
			delete(parent.Children, part)
			cut++
		}
	})
	p.size -= cut
}

// leaves calls f for each node without children.
func (n *Prefix) leaves(f func(parent, leaf *Prefix, part string)) {
	for part, child := range n.Children {
		if len(child.Children) == 0 {
			f(n, child, part)
		} else {
			child.leaves(f)
		}
	}
}

// Sorted returns the children, the one with the most memory first.
func (n *Prefix) Sorted() []*Prefix {
	list := make([]*Prefix, 0, len(n.Children))
	for _, c := range n.Children {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *Prefix) int {
		switch {
		case a.Sum.Memory > b.Sum.Memory:
			return -1
		case a.Sum.Memory < b.Sum.Memory:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

// Largest returns the prefixes that take the most memory, with at least two keys, at most of them.
func (p *Prefixes) Largest(most int) []*Prefix {
	var all []*Prefix
	var walk func(*Prefix)
	walk = func(n *Prefix) {
		for _, c := range n.Children {
			if c.Sum.Keys > 1 {
				all = append(all, c)
				walk(c)
			}
		}
	}
	walk(p.Root)
	all = (&Prefix{Children: byName(all)}).Sorted()
	return all[:min(most, len(all))]
}

func byName(list []*Prefix) map[string]*Prefix {
	m := make(map[string]*Prefix, len(list))
	for _, p := range list {
		m[p.Name] = p
	}
	return m
}
