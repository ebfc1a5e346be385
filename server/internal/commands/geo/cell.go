// Package geo is the family of commands that keep places in a sorted set. The score of a member is the number of the cell it lies in.
//
// The map is the part of the Mercator projection that web maps show, longitude -180 to 180 and latitude -85.05 to 85.05 degrees. It
// is halved again and again in both directions; a cell of step n is one of 2^n by 2^n. Its number interleaves the two coordinates, longitude
// in the odd bits, so that a cell of a lower step is a range of scores:
//
//	step 1                      step 2: the four cells of cell 11
//	latitude  +----+----+       +------+------+
//	        1 | 01 | 11 |       | 1101 | 1111 |
//	          +----+----+       +------+------+
//	        0 | 00 | 10 |       | 1100 | 1110 |
//	          +----+----+       +------+------+
//	            0    1  longitude
//
// Places are kept at step 26: 52 bits, which a score holds exactly, and cells of less than a metre.
//
//	cell.go    cells, scores, coordinates
//	shape.go   distances, circles and boxes, and the cells that cover them
//	search.go  the members inside of a shape
//	query.go   the arguments of GEOSEARCH and GEORADIUS; reply.go their answers; geo.go the other commands
//
// Results come in the order in which Redis finds them, and are computed by the same formulas, since clients compare them.
package geo

const (
	maxLongitude = 180.0
	maxLatitude  = 85.05112878
	maxStep      = 26
)

// point is a place in degrees.
type point struct{ longitude, latitude float64 }

func (p point) onMap() bool {
	return p.longitude >= -maxLongitude && p.longitude <= maxLongitude && p.latitude >= -maxLatitude && p.latitude <= maxLatitude
}

// cell is column x from the west and row y from the south among 2^step of each.
type cell struct {
	x, y uint32
	step uint8
}

// cellOf returns the cell of a step in which a point of the map lies; latitude says how far the map goes to north and south.
func cellOf(p point, step uint8, latitude float64) cell {
	n := float64(uint64(1) << step)
	x := (p.longitude + maxLongitude) / (2 * maxLongitude)
	y := (p.latitude + latitude) / (2 * latitude)
	return cell{uint32(x * n), uint32(y * n), step}
}

// number interleaves the coordinates.
func (c cell) number() uint64 { return spread(c.y) | spread(c.x)<<1 }

// scores are the lowest score in the cell and the first that is beyond it.
func (c cell) scores() (from, to float64) {
	shift := 2 * (maxStep - c.step)
	n := c.number()
	return float64(n << shift), float64((n + 1) << shift)
}

// score is the number of the smallest cell that a point lies in.
func (p point) score() float64 {
	return float64(cellOf(p, maxStep, maxLatitude).number())
}

// pointOf returns the middle of the smallest cell of a score.
func pointOf(score float64) point {
	n := uint64(score)
	low, high := cell{gather(n >> 1), gather(n), maxStep}.bounds()
	clip := func(v, limit float64) float64 { return max(min(v, limit), -limit) }
	return point{clip((low.longitude+high.longitude)/2, maxLongitude), clip((low.latitude+high.latitude)/2, maxLatitude)}
}

// bounds are the south-western and the north-eastern corner.
func (c cell) bounds() (low, high point) {
	n := float64(uint64(1) << c.step)
	at := func(i uint32, limit float64) float64 { return -limit + float64(float64(i)/n*(2*limit)) }
	return point{at(c.x, maxLongitude), at(c.y, maxLatitude)}, point{at(c.x+1, maxLongitude), at(c.y+1, maxLatitude)}
}

// moved is the cell so many columns to the east and rows to the north; the map is a ring in both directions. The places on its eastern
// and northern edge lie in a column and a row beyond the last ones (180 / 360 of n is n), which a step brings back to the ring.
func (c cell) moved(east, north int) cell {
	mask := uint32(uint64(1)<<c.step - 1)
	if east != 0 {
		c.x = (c.x + uint32(east)) & mask
	}
	if north != 0 {
		c.y = (c.y + uint32(north)) & mask
	}
	return c
}

// spread moves bit i to bit 2i.
func spread(v uint32) uint64 {
	n := uint64(v)
	n = (n | n<<16) & 0x0000ffff0000ffff
	n = (n | n<<8) & 0x00ff00ff00ff00ff
	n = (n | n<<4) & 0x0f0f0f0f0f0f0f0f
	n = (n | n<<2) & 0x3333333333333333
	return (n | n<<1) & 0x5555555555555555
}

// gather is the reverse of spread; odd bits are ignored.
func gather(n uint64) uint32 {
	n &= 0x5555555555555555
	n = (n | n>>1) & 0x3333333333333333
	n = (n | n>>2) & 0x0f0f0f0f0f0f0f0f
	n = (n | n>>4) & 0x00ff00ff00ff00ff
	n = (n | n>>8) & 0x0000ffff0000ffff
	return uint32(n | n>>16)
}

// hashText is the point's geohash as others write it (geohash.org): the map of all latitudes, five bits a letter. The eleventh letter
// has no bits left and is 0.
func (p point) hashText() string {
	const letters = "0123456789bcdefghjkmnpqrstuvwxyz"
	n := cellOf(p, maxStep, 90).number()
	var b [11]byte
	for i := range 10 {
		b[i] = letters[n>>(52-5*(i+1))&31]
	}
	b[10] = letters[0]
	return string(b[:])
}
