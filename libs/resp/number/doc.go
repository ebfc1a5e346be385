// Package number holds the texts of numbers as Redis 7.0 reads and prints them.
//
// Two kinds of floating point numbers reach the wire. Scores are C doubles,
// printed with 17 significant digits (FormatDouble). INCRBYFLOAT and
// HINCRBYFLOAT compute in x86's 80-bit long double and print with 17 digits
// after the point (LongDouble): 0.1+0.2 is "0.3" there, and a replica that
// computed in 64 bits would disagree with its master. LongDouble therefore keeps
// the 64-bit mantissa of that format in a big.Float.
package number
