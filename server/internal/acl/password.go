package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// hashPassword is how Redis keeps a password: SHA-256 in hexadecimal.
func hashPassword(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// checkHash tells what is wrong with a hash, nil if nothing is.
func checkHash(h string) error {
	if strings.HasPrefix(h, argonPrefix) {
		_, err := parseArgon(h)
		return err
	}
	if len(h) != 2*sha256.Size || strings.Trim(h, "0123456789abcdef") != "" {
		return errHash
	}
	return nil
}

// Login says what is known at once about a password: right, wrong, or that hashes are left whose check takes long (CheckSlow).
type Login struct {
	OK   bool
	Slow []string
}

// Login checks a password, in a time that does not depend on it.
func (l *List) Login(name string, password []byte) Login {
	u := l.users[name]
	if u == nil || !u.On {
		return Login{}
	}
	if u.NoPass {
		return Login{OK: true}
	}
	sum := sha256.Sum256(password)
	text := []byte(hex.EncodeToString(sum[:]))
	out := Login{}
	for _, h := range u.passwords {
		switch {
		case !strings.HasPrefix(h, argonPrefix):
			out.OK = subtle.ConstantTimeCompare(text, []byte(h)) == 1 || out.OK
		case l.isVerified(h, password):
			out.OK = true
		default:
			out.Slow = append(out.Slow, h)
		}
	}
	return out
}

// isVerified knows passwords that an argon2id hash was of before, so that the next login of the same client costs nothing.
func (l *List) isVerified(hash string, password []byte) bool {
	known, ok := l.verified[hash]
	if !ok {
		return false
	}
	sum := l.salted(password)
	return subtle.ConstantTimeCompare(known[:], sum[:]) == 1
}

// Verified notes that CheckSlow found the password to be that of the hash.
func (l *List) Verified(hash string, password []byte) { l.verified[hash] = l.salted(password) }

func (l *List) salted(password []byte) [32]byte {
	return sha256.Sum256(append(l.salt[:], password...))
}

// CheckSlow returns the first of the argon2id hashes that is of the password, or "". It takes long and much memory by design, and
// is called on a goroutine other than the engine's.
func CheckSlow(hashes []string, password []byte) string {
	for _, h := range hashes {
		a, err := parseArgon(h)
		if err != nil {
			continue // refused when it was set
		}
		key := argon2.IDKey(password, a.salt, a.time, a.memory, a.threads, uint32(len(a.key)))
		runtime.GC() // what it worked in is garbage now, and must not lie beside that of the next one
		if subtle.ConstantTimeCompare(key, a.key) == 1 {
			return h
		}
	}
	return ""
}

const argonPrefix = "$argon2id$"

// argon is a hash in the PHC string format: $argon2id$v=19$m=65536,t=3,p=1$salt$key, salt and key in base64 without padding.
type argon struct {
	memory, time uint32 // KiB, passes
	threads      uint8
	salt, key    []byte
}

// Bounds that keep a login affordable.
const (
	maxArgonMemory = 1 << 20 // KiB
	maxArgonTime   = 100
)

func parseArgon(h string) (a argon, err error) {
	parts := strings.Split(strings.TrimPrefix(h, argonPrefix), "$")
	if len(parts) != 4 || parts[0] != fmt.Sprintf("v=%d", argon2.Version) {
		return a, fmt.Errorf("no argon2id hash of version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[1], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.threads); err != nil {
		return a, fmt.Errorf("parameters of argon2id: %w", err)
	}
	if a.salt, err = base64.RawStdEncoding.DecodeString(parts[2]); err == nil {
		a.key, err = base64.RawStdEncoding.DecodeString(parts[3])
	}
	if err != nil {
		return a, err
	}
	if a.time < 1 || a.time > maxArgonTime || a.threads < 1 || a.memory > maxArgonMemory || len(a.salt) < 8 || len(a.key) < 16 || len(a.key) > 64 {
		return a, fmt.Errorf("parameters of argon2id out of range: at most m=%d,t=%d, a salt of 8 bytes or more, a key of 16 to 64", maxArgonMemory, maxArgonTime)
	}
	if a.String() != h { // what the parsers pass over, such as the end of a line, which would end that of a file
		return a, fmt.Errorf("argon2id hash with something else in it")
	}
	return a, nil
}

func (a argon) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("%sv=%d$m=%d,t=%d,p=%d$%s$%s", argonPrefix, argon2.Version, a.memory, a.time, a.threads, b64(a.salt), b64(a.key))
}
