package variable_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/number"
	_ "github.com/fairleadproxy/fairlead/modules/converter/text"
	_ "github.com/fairleadproxy/fairlead/modules/converter/variable"
)

const none = convtest.None

func TestVariables(t *testing.T) {
	sc := convtest.Scope(t)
	convtest.Run(t, sc, []convtest.Case{
		{"str(a),set-var(txn.v)", "a"}, {"str(a),set-var(txn.v),upper,concat(-,txn.v)", "A-a"}, {"str(a),set-var(txn.v),unset-var(txn.v),concat(-,txn.v)", "a-"}, {"str(a),unset-var(txn.v)", "a"},
		{"str(abc),set-var(txn.v),bytes(1),set-var(txn.v),concat(-,txn.v)", "bc-bc"},
		{"str(a),set-var(txn.v,ifexists),concat(-,txn.v)", "a-"}, {"str(a),set-var(txn.v,ifnotexists),concat(-,txn.v)", "a-a"}, {"str(a),set-var(txn.v),upper,set-var(txn.v,ifnotset),concat(-,txn.v)", "A-a"}, {"str(a),set-var(txn.v),upper,set-var(txn.v,ifset),concat(-,txn.v)", "A-A"},
		{"str(),set-var(txn.v,ifnotempty),concat(-,txn.v,-)", "--"}, {"str(a),set-var(txn.v,ifempty),concat(-,txn.v)", "a-"}, {"int(0),set-var(txn.v,ifnotempty),concat(-,txn.v)", "0-0"},
		{"int(5),set-var(txn.v),add(1),set-var(txn.v,iflt),concat(-,txn.v)", "6-6"}, {"int(5),set-var(txn.v),add(1),set-var(txn.v,ifgt),concat(-,txn.v)", "6-5"}, {"str(x),set-var(txn.v,ifgt),concat(-,txn.v)", "x-x"},
		{"int(5),set-var(txn.v),add(1),set-var(txn.v,iflt,ifnotset),concat(-,txn.v)", "6-5"},
		{"bool(true),set-var(sess.v),not,concat(-,sess.v)", "0-1"}, {"str(),add(1),set-var(txn.v)", none},
	})
	convtest.Refused(t, sc, []convtest.Case{
		{"str(a),set-var(v)", `argument "var" of set-var: invalid variable name "v"; write proc., sess., txn., req. or res. and then letters, digits, '.' or '_', as in txn.user`},
		{"str(a),set-var(txn.v,ifnew)", `set-var: unknown condition "ifnew"; use ifexists, ifnotexists, ifempty, ifnotempty, ifset, ifnotset, ifgt or iflt`},
		{"str(a),unset-var", `unset-var lacks its argument "var"`},
	})
	convtest.NoAllocs(t, sc, "str(a),set-var(txn.v)", "str(a),set-var(txn.v,ifnotempty),unset-var(txn.v)")
}
