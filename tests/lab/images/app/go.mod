module backstaff.test/lab/app

go 1.19
