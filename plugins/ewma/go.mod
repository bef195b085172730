module github.com/fairleadproxy/fairlead/plugins/ewma

go 1.26.0

require github.com/fairleadproxy/fairlead v0.0.0

require github.com/BurntSushi/toml v1.6.0 // indirect

replace github.com/fairleadproxy/fairlead => ../..
