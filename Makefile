.PHONY: check test lab interop bench figures screenshots

UV = uv run --locked --group dev --group interop

check:   ## lint, types, layers
	$(UV) ruff check
	$(UV) ruff format --check
	$(UV) mypy
	$(UV) lint-imports

test:    ## everything that needs no real hosts
	$(UV) pytest -n auto -m "not lab"

lab:     ## real hosts: needs root and the packages of tests/lab/packages.txt
	BACKSTAFF_LAB=required $(UV) pytest -n 3 --dist worksteal -m lab

bench:   ## figures: prints, asserts nothing
	$(UV) python -m tests.bench.fleet
	$(UV) python -m tests.bench.console
	$(UV) python -m tests.bench.replay
	$(UV) python -m tests.bench.startup
	$(UV) python -m tests.bench.longhaul

figures: ## on real hosts, beside Kamal and under faults: root and an hour
	$(UV) python -m tests.bench.peer --ready-after 0,5
	$(UV) python -m tests.bench.faults
	$(UV) python -m tests.bench.startup

screenshots: ## the README's pictures, from recorded runs: look at them
	$(UV) python -m tests.console.screenshots

interop: ## side by side with the real Kamal
	BACKSTAFF_LAB=required $(UV) pytest -m kamal
