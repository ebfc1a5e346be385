package geo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
	"github.com/lockstep-db/lockstep/server/internal/commands/strings"
	"github.com/lockstep-db/lockstep/server/internal/commands/zsets"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func TestTranscripts(t *testing.T) {
	commandtest.Replay(t, "testdata/geo.txt", Commands(), strings.Commands(), zsets.Commands(), keys.Commands(nil))
}

// A place comes back from its score within the size of a cell.
func TestScoreRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		p := point{(r.Float64()*2 - 1) * maxLongitude, (r.Float64()*2 - 1) * maxLatitude}
		q := pointOf(p.score())
		if math.Abs(p.longitude-q.longitude) > 180.0/(1<<25) || math.Abs(p.latitude-q.latitude) > 90.0/(1<<25) {
			t.Fatalf("%v -> %v", p, q)
		}
		if q.score() != p.score() {
			t.Fatalf("%v: the middle of its cell has another score", p)
		}
	}
}

// A search finds what a look at every member finds, up to where the projection ends.
func TestSearchAgainstEveryMember(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	st := store.New(1)
	db := st.DB(0)
	z, _, err := db.WriteZSet([]byte("z"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		p := point{(r.Float64()*2 - 1) * maxLongitude, (r.Float64()*2 - 1) * 75}
		z.Add([]byte{byte(i), byte(i >> 8)}, p.score(), 0)
	}
	v, _, _ := db.ReadZSet([]byte("z"), 0)
	for range 500 {
		s := shape{center: point{(r.Float64()*2 - 1) * 120, (r.Float64()*2 - 1) * 60}, unit: 1000, box: r.IntN(2) == 0,
			radius: r.Float64() * 1500, width: r.Float64() * 2000, height: r.Float64() * 2000}
		want := 0
		v.Each(0, v.Len(), false, func(_ []byte, score float64) {
			if _, ok := s.contains(pointOf(score)); ok {
				want++
			}
		})
		if got := len(search(&v, &s, 0)); got != want {
			t.Fatalf("%+v: found %d, want %d", s, got, want)
		}
		if limit := want / 2; limit > 0 && len(search(&v, &s, limit)) != limit {
			t.Fatalf("%+v: a limit of %d is not kept", s, limit)
		}
	}
}
