package arena

// queue is a first-in, first-out list of handles in nodes of fixed size: it never copies what it holds, so
// that no push takes long (decision 0001: one growing slice cost 10 ms).
type queue struct {
	head, tail *queueNode
	n          int
}

type queueNode struct {
	next     *queueNode
	epoch    uint32 // newest view at the time of the pushes
	from, to int
	items    [500]Handle
}

func (q *queue) pushAt(h Handle, epoch uint32) {
	if q.n == 0 && q.tail != nil {
		q.tail.epoch = epoch // the node that pop kept
	}
	if q.tail == nil || q.tail.to == len(q.tail.items) || q.tail.epoch != epoch {
		n := &queueNode{epoch: epoch}
		if q.tail == nil {
			q.head = n
		} else {
			q.tail.next = n
		}
		q.tail = n
	}
	q.tail.items[q.tail.to] = h
	q.tail.to++
	q.n++
}

func (q *queue) push(h Handle) { q.pushAt(h, 0) }

// peekEpoch returns the epoch of the oldest item.
func (q *queue) peekEpoch() (uint32, bool) {
	if q.n == 0 {
		return 0, false
	}
	return q.head.epoch, true
}

func (q *queue) pop() (Handle, bool) {
	if q.n == 0 {
		return 0, false
	}
	h := q.head.items[q.head.from]
	q.head.from++
	q.n--
	if q.head.from == q.head.to {
		if q.n == 0 { // keep the last node: push and pop in turns allocate nothing
			q.head.from, q.head.to = 0, 0
		} else {
			q.head = q.head.next
		}
	}
	return h, true
}
