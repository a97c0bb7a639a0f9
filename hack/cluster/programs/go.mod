module keeptrusts.com/hack/cluster/programs

go 1.26.0
