package number_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/number"
	_ "github.com/fairleadproxy/fairlead/modules/converter/variable"
)

const (
	most  = "9223372036854775807"
	least = "-9223372036854775808"
)

func TestNumbers(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"int(5),add(3)", "8"}, {"int(5),sub(7)", "-2"}, {"int(5),mul(-3)", "-15"}, {"int(7),div(-2)", "-3"}, {"int(-7),mod(3)", "-1"},
		{"int(5),div(0)", most}, {"int(5),mod(0)", "0"}, {"int(" + least + "),div(-1)", most}, {"int(" + least + "),mod(-1)", "0"},
		{"int(6),and(3)", "2"}, {"int(6),or(1)", "7"}, {"int(6),xor(3)", "5"}, {"int(5),cpl", "-6"}, {"int(5),neg", "-5"}, {"int(" + least + "),neg", most},
		{"int(0),bool", "0"}, {"int(-2),bool", "1"}, {"int(0),not", "1"}, {"int(3),not", "0"}, {"int(-3),odd", "1"}, {"int(-4),odd", "0"}, {"int(-4),even", "1"},
		{"bool(true),iif(a,b)", "a"}, {"bool(false),iif(a,b)", "b"}, {"int(9),iif(a,)", "a"}, {"int(0),iif(a,)", ""},
		{"int(7),set-var(txn.n),add(txn.n)", "14"}, {"int(7),add(txn.n)", convtest.None},
		{"str(9x),add(1)", "10"}, {"str(),add(1)", convtest.None},
	})
}

// Every pair of awkward integers must give the exact result, cut to 64 bits.
func TestArithmeticIsExactOrTheLimit(t *testing.T) {
	sc := convtest.Scope(t)
	values := []int64{math.MinInt64, math.MinInt64 + 1, -3037000500, -2, -1, 0, 1, 2, 3037000499, 3037000500, math.MaxInt64 - 1, math.MaxInt64}
	for name, exact := range map[string]func(z, a, b *big.Int) *big.Int{"add": (*big.Int).Add, "sub": (*big.Int).Sub, "mul": (*big.Int).Mul} {
		for _, a := range values {
			for _, b := range values {
				z := exact(new(big.Int), big.NewInt(a), big.NewInt(b))
				want := int64(math.MaxInt64)
				if z.IsInt64() {
					want = z.Int64()
				} else if z.Sign() < 0 {
					want = math.MinInt64
				}
				x, err := expr.ParseExpr(sc, "int("+big.NewInt(a).String()+"),"+name+"("+big.NewInt(b).String()+")")
				if err != nil {
					t.Fatal(err)
				}
				var s expr.Sample
				if !x.Eval(convtest.Env(), &s) || s.Int != want {
					t.Errorf("%s gives %d, want %d", x, s.Int, want)
				}
			}
		}
	}
}

func TestNumbersRefused(t *testing.T) {
	convtest.Refused(t, convtest.Scope(t), []convtest.Case{
		{"int(5),add", `add lacks its argument "value"`},
		{"int(5),add(x)", `argument "value" of add: "x" is not an integer`},
		{"int(5),neg(1)", "neg takes no arguments, not 1"},
		{"bool(true),iif(a)", `iif lacks its argument "false"`},
		{"bool(true),iif(a,b,c)", "iif takes 2 arguments, not 3"},
	})
}

func TestNumbersDoNotAllocate(t *testing.T) {
	convtest.NoAllocs(t, convtest.Scope(t), "int(5),add(3),mul(2),neg", "int(5),odd,iif(a,b)", "int(7),set-var(txn.n),add(txn.n)")
}
