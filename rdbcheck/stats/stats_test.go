package stats

import (
	"fmt"
	"testing"
)

// TestPrefixesStayBounded adds far more prefixes than are kept: the large one survives, and nothing is lost from the sums.
func TestPrefixesStayBounded(t *testing.T) {
	c := New(Options{Top: 3, Separator: ":", Depth: 3, Prefixes: 50})
	total := int64(0)
	for i := range 5000 {
		k := &Key{Name: fmt.Appendf(nil, "small%d:x:%d", i, i), Type: "string", Elements: 1, Memory: 100, ExpireMs: -1}
		if i%10 == 0 {
			k.Name, k.Memory = fmt.Appendf(nil, "large:%d", i), 1000
		}
		c.Add(k)
		total += k.Memory
	}
	list := c.Prefixes.Largest(10)
	if !c.Prefixes.Pruned || c.Prefixes.size > 51 || len(list) == 0 || list[0].Name != "large:" || list[0].Sum.Keys != 500 || c.Prefixes.Root.Sum.Memory != total {
		t.Errorf("pruned %v, %d kept, the first %+v", c.Prefixes.Pruned, c.Prefixes.size, list[0])
	}
	nodes := 0
	c.Prefixes.Root.each(func(*Prefix) { nodes++ })
	if nodes != c.Prefixes.size {
		t.Errorf("%d prefixes counted, %d there", c.Prefixes.size, nodes)
	}
}

// each calls f for every prefix below n.
func (n *Prefix) each(f func(*Prefix)) {
	for _, c := range n.Children {
		f(c)
		c.each(f)
	}
}

func TestTopKeysAreTheLargest(t *testing.T) {
	c := New(Options{Top: 3, Separator: ":", Depth: 1, Prefixes: 10})
	for i := range 100 {
		c.Add(&Key{Name: fmt.Appendf(nil, "k%d", i*37%100), Type: "list", Elements: int64(i * 37 % 100), Memory: int64(100 - i*37%100), ExpireMs: -1})
	}
	memory, elements := c.LargestByMemory(), c.LargestByElements()
	if len(memory) != 3 || string(memory[0].Name) != "k0" || string(memory[2].Name) != "k2" || string(elements[0].Name) != "k99" || string(elements[2].Name) != "k97" {
		t.Errorf("by memory %s, by elements %s", memory[0].Name, elements[0].Name)
	}
}

// TestClassesOfTheAllocator holds jemalloc's size classes.
func TestClassesOfTheAllocator(t *testing.T) {
	for n, want := range map[int64]int64{0: 0, 1: 8, 9: 16, 17: 32, 128: 128, 129: 160, 161: 192, 257: 320, 1025: 1280, 4097: 5120} {
		if got := alloc(n); got != want {
			t.Errorf("%d bytes take %d, want %d", n, got, want)
		}
	}
}
