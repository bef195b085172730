package relay

// Event says why a watch ended.
type Event uint8

// The events.
const (
	Readable Event = iota // bytes or the end of the stream have arrived
	Expired               // the time is over
	Stopped               // the watcher stops
)
