package certificate_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/certificate"
)

func TestNames(t *testing.T) {
	sc := convtest.Scope(t)
	convtest.Run(t, sc, []convtest.Case{
		{"int(0),x509_v_err_str", "X509_V_OK"}, {"int(10),x509_v_err_str", "X509_V_ERR_CERT_HAS_EXPIRED"}, {"int(4711),x509_v_err_str", "4711"}, {"int(-1),x509_v_err_str", "-1"},
	})
	convtest.NoAllocs(t, sc, "int(23),x509_v_err_str", "int(4711),x509_v_err_str")
}
