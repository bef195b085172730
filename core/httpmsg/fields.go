package httpmsg

// Fields gives the number of field slots; deleted ones count too, see Deleted.
func (m *Message) Fields() int { return len(m.fields) }

// Deleted reports whether field i was removed by an edit.
func (m *Message) Deleted(i int) bool { return m.fields[i].deleted }

// Name gives the name of field i as received or set.
func (m *Message) Name(i int) []byte { return m.view(m.fields[i].name) }

// Value gives the value of field i without surrounding white space.
func (m *Message) Value(i int) []byte { return m.view(m.fields[i].value) }

// KnownAt says which known field i is, or Other.
func (m *Message) KnownAt(i int) Known { return m.fields[i].known }

// Find gives the index of the first field called name at or after index from,
// or -1. Names compare without regard to case.
func (m *Message) Find(name string, from int) int {
	for i := from; i < len(m.fields); i++ {
		f := &m.fields[i]
		if !f.deleted && int(f.name.len) == len(name) && EqualFold(m.view(f.name), name) {
			return i
		}
	}
	return -1
}

// FindKnown is Find for a field that Classify knows, and faster.
func (m *Message) FindKnown(k Known, from int) int {
	for i := from; i < len(m.fields); i++ {
		if f := &m.fields[i]; f.known == k && !f.deleted {
			return i
		}
	}
	return -1
}

// Header gives the value of the first field called name, and whether there is one.
func (m *Message) Header(name string) ([]byte, bool) {
	if i := m.Find(name, 0); i >= 0 {
		return m.Value(i), true
	}
	return nil, false
}

// AddHeader appends a field after all others.
func (m *Message) AddHeader(name string, value []byte) {
	m.add(m.keepString(name), m.keep(value))
}

// AddHeaderString is AddHeader for a value that is a string.
func (m *Message) AddHeaderString(name, value string) {
	m.add(m.keepString(name), m.keepString(value))
}

// AddHeaderBytes is AddHeader for a name that was received.
func (m *Message) AddHeaderBytes(name, value []byte) {
	m.add(m.keep(name), m.keep(value))
}

func (m *Message) add(name, value span) {
	m.fields = append(m.fields, field{name: name, value: value, known: Classify(m.view(name)), edited: true})
	m.edits++
}

// SetHeader removes every field called name and appends one with the value.
// The value may be a view of this message.
func (m *Message) SetHeader(name string, value []byte) {
	kept := m.keep(value)
	m.DelHeader(name)
	m.add(m.keepString(name), kept)
}

// DelHeader removes every field called name and says how many there were.
func (m *Message) DelHeader(name string) int {
	n := 0
	for i := m.Find(name, 0); i >= 0; i = m.Find(name, i+1) {
		m.DelAt(i)
		n++
	}
	return n
}

// DelKnown removes every field of the known kind.
func (m *Message) DelKnown(k Known) {
	for i := m.FindKnown(k, 0); i >= 0; i = m.FindKnown(k, i+1) {
		m.DelAt(i)
	}
}

// DelAt removes field i.
func (m *Message) DelAt(i int) {
	if !m.fields[i].deleted {
		m.fields[i].deleted = true
		m.edits++
	}
}

// SetValue replaces the value of field i in place, so that its order holds.
func (m *Message) SetValue(i int, value []byte) {
	m.fields[i].value = m.keep(value)
	m.fields[i].edited = true
	m.edits++
}

// AppendValue makes the value of field i longer.
func (m *Message) AppendValue(i int, sep, more string) {
	f := &m.fields[i]
	off := len(m.arena)
	m.arena = append(append(append(m.arena, m.view(f.value)...), sep...), more...)
	f.value = span{uint32(off), uint32(len(m.arena) - off), true}
	f.edited = true
	m.edits++
}

// AppendHead appends the head in HTTP/1 form, with the edits applied and the
// empty line that ends it. Runs of unedited fields are copied as received.
func (m *Message) AppendHead(dst []byte) []byte {
	if !m.Edited() {
		return append(dst, m.buf...)
	}
	dst = m.appendStartLine(dst)
	run, end := -1, 0 // the run of received bytes not yet copied
	for i := range m.fields {
		f := &m.fields[i]
		if !f.deleted && !f.edited {
			if run < 0 {
				run = int(f.name.off)
			}
			end = m.lineEnd(f)
			continue
		}
		if run >= 0 {
			dst = append(dst, m.buf[run:end]...)
			run = -1
		}
		if !f.deleted {
			dst = append(dst, m.view(f.name)...)
			dst = append(dst, ": "...)
			dst = append(dst, m.view(f.value)...)
			dst = append(dst, "\r\n"...)
		}
	}
	if run >= 0 {
		dst = append(dst, m.buf[run:end]...)
	}
	return append(dst, "\r\n"...)
}

// AppendFields appends the fields alone in HTTP/1 form, a line each.
func (m *Message) AppendFields(dst []byte) []byte {
	for i := range m.fields {
		if f := &m.fields[i]; !f.deleted {
			dst = append(append(dst, m.view(f.name)...), ": "...)
			dst = append(append(dst, m.view(f.value)...), "\r\n"...)
		}
	}
	return dst
}

// FieldsSize gives the bytes of all names and values.
func (m *Message) FieldsSize() int {
	n := 0
	for i := range m.fields {
		if f := &m.fields[i]; !f.deleted {
			n += int(f.name.len + f.value.len)
		}
	}
	return n
}

// lineEnd gives the offset just past the line of a received field: its value is
// followed by optional white space and CRLF.
func (m *Message) lineEnd(f *field) int {
	end := int(f.value.off + f.value.len)
	for m.buf[end] != '\n' {
		end++
	}
	return end + 1
}

func (m *Message) appendStartLine(dst []byte) []byte {
	if m.IsRequest() {
		dst = append(dst, m.Method()...)
		dst = append(dst, ' ')
		dst = append(dst, m.Target()...)
		dst = append(dst, ' ')
		dst = append(dst, m.wireVersion()...)
		return append(dst, "\r\n"...)
	}
	dst = append(dst, m.wireVersion()...)
	dst = append(dst, ' ', byte('0'+m.Status/100%10), byte('0'+m.Status/10%10), byte('0'+m.Status%10), ' ')
	dst = append(dst, m.Reason()...)
	return append(dst, "\r\n"...)
}

// wireVersion is the version an HTTP/1 connection is written with.
func (m *Message) wireVersion() string {
	if m.Version == HTTP10 {
		return "HTTP/1.0"
	}
	return "HTTP/1.1"
}
