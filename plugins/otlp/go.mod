module github.com/fairleadproxy/fairlead/plugins/otlp

go 1.26.0

require (
	github.com/fairleadproxy/fairlead v0.0.0
	go.opentelemetry.io/proto/otlp v1.11.1
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/BurntSushi/toml v1.6.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
)

replace github.com/fairleadproxy/fairlead => ../..
