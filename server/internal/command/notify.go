package command

// notifyLetters are those of notify-keyspace-events in the order of the classes.
const notifyLetters = "KEg$lshzxetmdn"

// notifyAll is what the letter A stands for: every class but key misses, and new keys.
const notifyAll = NotifyGeneric | NotifyString | NotifyList | NotifySet | NotifyHash | NotifyZSet | NotifyExpired | NotifyEvicted | NotifyStream | NotifyModule

// ParseNotify turns the letters of notify-keyspace-events into classes. Letters that it does not know were refused by the
// configuration.
func ParseNotify(letters string) (c NotifyClass) {
	for i := range len(letters) {
		if letters[i] == 'A' {
			c |= notifyAll
		}
		for j := range len(notifyLetters) {
			if letters[i] == notifyLetters[j] {
				c |= 1 << j
			}
		}
	}
	return c
}
