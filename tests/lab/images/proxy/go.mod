module backstaff.test/lab/proxy

go 1.19
