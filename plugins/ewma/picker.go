package ewma

import "github.com/fairleadproxy/fairlead/core/balancer"

// candidate is a server and its latency.
type candidate struct {
	balancer.Server
	latency *latency
}

type picker struct {
	b    *Balancer
	list []candidate
}

// Pick draws two different servers and takes the one that costs less.
func (p *picker) Pick(r *balancer.Request) balancer.Server {
	n := len(p.list)
	switch n {
	case 0:
		return nil
	case 1:
		return p.free(r, 0)
	}
	i := p.b.intN(n)
	j := p.b.intN(n - 1)
	if j >= i {
		j++
	}
	a, b := p.list[i], p.list[j]
	switch okA, okB := usable(a, r), usable(b, r); {
	case okA && okB:
		now := p.b.ticks()
		if p.cost(b, now) < p.cost(a, now) {
			return b.Server
		}
		return a.Server
	case okA:
		return a.Server
	case okB:
		return b.Server
	}
	return p.free(r, i)
}

func usable(c candidate, r *balancer.Request) bool { return c.Server != r.Avoid && !c.Full() }

// cost is latency × (streams in flight + 1) ÷ weight, in nanoseconds.
func (p *picker) cost(c candidate, now uint32) float64 {
	conns := c.Conns()
	ns, known := c.latency.value(now, p.b.config.Decay)
	if !known && conns > 0 {
		ns = float64(p.b.config.Penalty)
	}
	return ns * float64(conns+1) / float64(c.Weight())
}

// free finds a server with a free slot, from the ith on, when none of those
// drawn can be taken; the one to avoid only when there is no other.
func (p *picker) free(r *balancer.Request, i int) balancer.Server {
	var avoided balancer.Server
	for range p.list {
		c := p.list[i]
		i = (i + 1) % len(p.list)
		switch {
		case c.Full():
		case c.Server == r.Avoid:
			avoided = c.Server
		default:
			return c.Server
		}
	}
	return avoided
}
