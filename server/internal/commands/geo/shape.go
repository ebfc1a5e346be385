package geo

import "math"

const (
	earthRadius = 6372797.560856 // quadratic mean radius of WGS 84, in metres
	mercatorMax = 20037726.37    // half of the equator on the map, in metres
)

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }
func degrees(radians float64) float64 { return radians / (math.Pi / 180) }

// distance returns the metres between two points, by the haversine formula.
func distance(a, b point) float64 {
	v := math.Sin((radians(b.longitude) - radians(a.longitude)) / 2)
	if v == 0 {
		return northDistance(a, b)
	}
	from, to := radians(a.latitude), radians(b.latitude)
	u := math.Sin((to - from) / 2)
	h := float64(u*u) + float64(math.Cos(from)*math.Cos(to)*v*v)
	return 2 * earthRadius * math.Asin(math.Sqrt(h))
}

// northDistance is the distance of two points of one meridian.
func northDistance(a, b point) float64 {
	return earthRadius * math.Abs(radians(b.latitude)-radians(a.latitude))
}

// shape is a circle (radius) or a box around a point; lengths are in the client's unit, of so many metres.
type shape struct {
	center        point
	box           bool
	radius        float64
	width, height float64
	unit          float64
}

// contains returns the distance of a point that lies inside.
func (s *shape) contains(p point) (metres float64, ok bool) {
	if s.box {
		if northDistance(p, s.center) > s.height*s.unit/2 || distance(p, point{s.center.longitude, p.latitude}) > s.width*s.unit/2 {
			return 0, false
		}
		return distance(s.center, p), true
	}
	metres = distance(s.center, p)
	return metres, metres <= s.radius*s.unit
}

// bounds are the south-western and north-eastern corners of a rectangle of the map around the shape. It is as wide as the shape at its
// side towards the equator's opposite.
func (s *shape) bounds() (low, high point) {
	width, height := s.radius*s.unit, s.radius*s.unit
	if s.box {
		width, height = s.unit*(s.width/2), s.unit*(s.height/2)
	}
	dy := degrees(height / earthRadius)
	side := s.center.latitude + dy
	if s.center.latitude < 0 {
		side = s.center.latitude - dy
	}
	dx := degrees(width / earthRadius / math.Cos(radians(side)))
	return point{s.center.longitude - dx, s.center.latitude - dy}, point{s.center.longitude + dx, s.center.latitude + dy}
}

// reach is the distance from the middle to the farthest place of the shape, in metres.
func (s *shape) reach() float64 {
	r := s.radius
	if s.box {
		r = math.Sqrt(float64(s.width/2*(s.width/2)) + float64(s.height/2*(s.height/2)))
	}
	return r * s.unit
}

// stepFor is the step whose cells are large enough that a cell and its eight neighbours hold a circle. Cells are narrower in the
// north and south than they look.
func stepFor(metres, latitude float64) uint8 {
	if metres == 0 {
		return maxStep
	}
	step := -1
	for ; metres < mercatorMax; metres *= 2 {
		step++
	}
	if math.Abs(latitude) > 66 {
		step--
	}
	if math.Abs(latitude) > 80 {
		step--
	}
	return uint8(max(min(step, maxStep), 1))
}

// directions are the neighbours of a cell, itself first, in the order in which they are searched.
var directions = [9]struct{ east, north int }{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}

// cells returns the cells that cover the shape, in the order in which they are searched.
func (s *shape) cells() []cell {
	low, high := s.bounds()
	step := stepFor(s.reach(), s.center.latitude)
	c := cellOf(s.center, step, maxLatitude)
	if step > 1 && tooSmall(c, low, high) {
		step--
		c = cellOf(s.center, step, maxLatitude)
	}
	from, to := c.bounds()
	out := make([]cell, 0, len(directions))
	for _, d := range directions {
		if step >= 2 && (d.north < 0 && from.latitude < low.latitude || d.north > 0 && to.latitude > high.latitude ||
			d.east < 0 && from.longitude < low.longitude || d.east > 0 && to.longitude > high.longitude) {
			continue // the cell in the middle reaches further than the shape
		}
		// With huge shapes neighbours are the same cell.
		if next := c.moved(d.east, d.north); len(out) < 2 || next != out[len(out)-1] {
			out = append(out, next)
		}
	}
	return out
}

// tooSmall says that the shape, near an edge of its cell, reaches beyond the neighbours.
func tooSmall(c cell, low, high point) bool {
	_, north := c.moved(0, 1).bounds()
	south, _ := c.moved(0, -1).bounds()
	_, east := c.moved(1, 0).bounds()
	west, _ := c.moved(-1, 0).bounds()
	return north.latitude < high.latitude || south.latitude > low.latitude || east.longitude < high.longitude || west.longitude > low.longitude
}
