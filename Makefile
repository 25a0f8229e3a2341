# The commands of a day. CONTRIBUTING.md explains them.
MVN ?= mvn

.PHONY: serve check test verify nightly format bench clean

serve: ## build, and run a development server
	$(MVN) -Dmaven.test.skip package exec:exec@serve-dev

check: ## two clients sync through the running development server
	$(MVN) -q exec:exec@check

test: ## the unit tests
	$(MVN) test

verify: ## all tests, as CI runs them
	$(MVN) verify

nightly: ## all tests, those too that take minutes
	$(MVN) verify -Pnightly,standard-transport

format: ## format the Java sources
	$(MVN) -q -Pformat validate

bench: ## measure: make bench PROGRAM=files
	$(MVN) -Pbench package $(if $(PROGRAM),-Dbench.program=$(PROGRAM))

clean:
	$(MVN) -q clean
