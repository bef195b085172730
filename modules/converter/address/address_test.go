package address_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/address"
)

func TestIPMask(t *testing.T) {
	sc := convtest.Scope(t)
	convtest.Run(t, sc, []convtest.Case{
		{"ip(10.1.2.3),ipmask(24)", "10.1.2.0"}, {"ip(10.1.2.3),ipmask(/8)", "10.0.0.0"}, {"ip(10.1.2.3),ipmask(255.255.0.0)", "10.1.0.0"}, {"ip(10.1.2.3),ipmask(0)", "0.0.0.0"}, {"ip(10.1.2.3),ipmask(32)", "10.1.2.3"},
		{"ip(2001:db8::1),ipmask(24)", convtest.None}, {"ip(2001:db8::1),ipmask(24,32)", "2001:db8::"}, {"ip(2001:db8::1),ipmask(24,ffff::)", "2001::"}, {"ip(::ffff:10.1.2.3),ipmask(24,32)", "10.1.2.0"},
		{"str(10.0.0.1),ipmask(8)", "10.0.0.0"}, {"int(167772161),ipmask(24)", "10.0.0.0"}, {"str(x),ipmask(8)", convtest.None},
	})
	convtest.Refused(t, sc, []convtest.Case{
		{"ip(::1),ipmask(33)", `argument "mask4" of ipmask: "33" is not a mask of up to 32 bits`},
		{"ip(::1),ipmask(24,ffff:0:ffff::)", `argument "mask6" of ipmask: the mask "ffff:0:ffff::" has holes`},
	})
	convtest.NoAllocs(t, sc, "ip(10.1.2.3),ipmask(24)", "ip(2001:db8::1),ipmask(24,64)")
}
