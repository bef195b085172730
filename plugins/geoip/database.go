package geoip

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// database is a file, and the field that is wanted of its records.
type database struct {
	file string
	path []any // of the field
	fold bool

	current atomic.Pointer[content]
	looked  atomic.Int64 // when the file was looked at, in Unix time
	loading atomic.Bool
}

// content is what a file held when it was read.
type content struct {
	reader   *maxminddb.Reader
	modified time.Time
	size     int64
	values   sync.Map // the place of a record → the field's value, nil for none
	kept     atomic.Int64
}

// maxKept is how many values are kept decoded.
const maxKept = 1 << 16

// A file is looked at for changes when it is used and lookEvery seconds have gone by.
// Who uses it then does not wait for that, unless what is in force may be older
// than mostAge seconds since nobody came.
const (
	lookEvery = 5
	mostAge   = 10
)

// open reads a file.
func open(file, field string) (*database, error) {
	if field == "" {
		return nil, fmt.Errorf("the field is missing: write one such as country.iso_code")
	}
	d := &database{file: file}
	for step := range strings.SplitSeq(field, ".") {
		if n, err := strconv.Atoi(step); err == nil {
			d.path = append(d.path, n)
		} else {
			d.path = append(d.path, step)
		}
	}
	c, err := read(file)
	if err != nil {
		return nil, err
	}
	d.current.Store(c)
	d.looked.Store(time.Now().Unix())
	return d, nil
}

func read(file string) (*content, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := maxminddb.OpenBytes(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no MaxMind database: %w", file, err)
	}
	return &content{reader: r, modified: info.ModTime(), size: info.Size()}, nil
}

// find gives the field of an address's record, nil where there is none.
func (d *database) find(a netip.Addr) []byte {
	now := time.Now().Unix()
	if age := now - d.looked.Load(); age >= lookEvery && d.loading.CompareAndSwap(false, true) {
		d.looked.Store(now)
		if age >= mostAge {
			d.refresh()
		} else {
			go d.refresh()
		}
	}
	c := d.current.Load()
	r := c.reader.Lookup(a)
	if !r.Found() {
		return nil
	}
	if v, ok := c.values.Load(r.Offset()); ok {
		return v.([]byte)
	}
	v := d.decode(r)
	if c.kept.Add(1) <= maxKept {
		c.values.Store(r.Offset(), v)
	}
	return v
}

// decode reads the field as text, whatever it is.
func (d *database) decode(r maxminddb.Result) []byte {
	var v any
	if err := r.DecodePath(&v, d.path...); err != nil {
		return nil // the record is not what the path says
	}
	switch v := v.(type) {
	case nil, map[string]any, []any:
		return nil
	case string:
		return []byte(v)
	}
	return []byte(fmt.Sprint(v))
}

// refresh reads the file again if it has changed. One that cannot be read leaves
// what there is.
func (d *database) refresh() {
	defer d.loading.Store(false)
	old := d.current.Load()
	info, err := os.Stat(d.file)
	if err != nil || info.ModTime().Equal(old.modified) && info.Size() == old.size {
		return
	}
	if c, err := read(d.file); err == nil {
		d.current.Store(c)
	}
}
