package date_test

import (
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/date"
)

const none = convtest.None

// The results are those of strftime(3) in the C locale.
func TestDates(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"int(784111777),utime(%Y%m%d%H%M%S)", "19941106084937"},
		{`int(784111777),utime("%a %A %b %B %c|%C|%d|%D|%e|%F|%g|%G|%h")`, "Sun Sunday Nov November Sun Nov  6 08:49:37 1994|19|06|11/06/94| 6|1994-11-06|94|1994|Nov"},
		{`int(784111777),utime("%H|%I|%j|%k|%l|%m|%M|%n|%p|%P|%r|%R|%s|%S|%t|%T|%u")`, "08|08|310| 8| 8|11|49|\n|AM|am|08:49:37 AM|08:49|784111777|37|\t|08:49:37|7"},
		{`int(784111777),utime("%U|%V|%w|%W|%x|%X|%y|%Y|%z|%Z|%%|%Q|%+|%")`, "45|44|0|44|11/06/94|08:49:37|94|1994|+0000|GMT|%|%Q|%+|%"},
		{`int(1704067200),utime("%U %V %W %G %j %I%p")`, "00 01 01 2024 001 12AM"}, {`int(1609459200),utime("%U %V %W %G %g")`, "00 53 00 2020 20"}, {"int(43200),utime(%I%p)", "12PM"},
		{"int(784111777),utime(%S,3)", "40"}, {"int(784111777),utime(%d,-86400)", "05"}, {"int(-1),utime(%F)", "1969-12-31"}, {"int(0),utime('')", ""},
		{"int(784111777123),ms_utime(%S.%3N)", "37.123"}, {"int(784111777123),ms_utime(%S.%N,1)", "37.124000000"}, {"int(784111777123456),us_utime(%S.%6N)", "37.123456"}, {"int(-1),us_utime(%T.%6N)", "23:59:59.999999"},
		{"int(784111777),utime(%N)", "000000000"}, {"int(784111777),utime(%5d)", "%5d"}, {"int(253402300800),utime(%Y)", none}, {"int(9223372036854775807),utime(%Y,1)", none}, {"int(-99999999999999),utime(%Y)", none},
	})
}

func TestLocalDates(t *testing.T) {
	before := time.Local
	time.Local = time.FixedZone("XST", 5*3600+1800)
	defer func() { time.Local = before }()
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"int(784111777),ltime('%F %T %z %Z')", "1994-11-06 14:19:37 +0530 XST"}, {"int(784111777123),ms_ltime(%T.%3N)", "14:19:37.123"}, {"int(784111777123456),us_ltime(%T.%6N)", "14:19:37.123456"},
		{"int(784111777),utime('%F %T %z %Z')", "1994-11-06 08:49:37 +0000 GMT"},
	})
}

func TestDatesDoNotAllocate(t *testing.T) {
	convtest.NoAllocs(t, convtest.Scope(t), "int(784111777),utime(%Y%m%d%H%M%S)", `int(784111777123),ms_ltime("%a %b %c %r %z %Z %3N %U %V %j")`)
}
