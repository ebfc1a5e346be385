package app

import (
	"reflect"
	"testing"
)

func TestParseCPUList(t *testing.T) {
	for list, want := range map[string][]int{
		"0": {0}, "3,1": {3, 1}, "0-3": {0, 1, 2, 3}, "0-7:2,9": {0, 2, 4, 6, 9}, "1-2, 5": {1, 2, 5}, "0-5:9": {0}, "1023": {1023},
		"": nil, "x": nil, "1-": nil, "-1": nil, "3-1": nil, "1:2": nil, "0-3:0": nil, "1024": nil, "0-99999999999": nil, "1,,2": nil, "1 2": nil,
	} {
		got, err := parseCPUList(list)
		if !reflect.DeepEqual(got, want) || (err != nil) != (want == nil) {
			t.Errorf("%q: got %v, %v, want %v", list, got, err, want)
		}
	}
}
