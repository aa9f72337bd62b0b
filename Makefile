# Thin entry points; each sets up what it needs and says what it does.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BUILD := build
PACKAGE_BUILD ?= build-package

.PHONY: help setup build demo test test-slow test-python docs bench cuda sanitize format tidy install wheel package clean

help:
	@echo "make demo       set up, build, fit the deep mixed model to real data and compare it"
	@echo "make test       set up, build and run the tests"
	@echo "make test-slow  the long tests: millions of draws, calibration, fuzzing"
	@echo "make test-python  install the Python package into an environment of its own and run its tests"
	@echo "make docs       build the documentation as a site, build-docs/site, with tools from PyPI"
	@echo "make wheel      build and check a Python wheel that needs no other libraries, in dist/"
	@echo "make package    build and check the Debian package, in dist/"
	@echo "make build | bench | cuda | sanitize | format | tidy | install PREFIX=... | clean"

setup:
	@scripts/setup.sh

configure = cmake --preset $(1) -G Ninja $(2) > $(3)/configure.log 2>&1 || { cat $(3)/configure.log; exit 1; }

build: setup
	@mkdir -p $(BUILD) && $(call configure,cpu,-DBDGLM_TESTS=OFF,$(BUILD))
	@cmake --build $(BUILD) -j $(JOBS)

demo: build
	@scripts/demo.sh $(BUILD)/bdglm

test: setup
	@mkdir -p $(BUILD) && $(call configure,cpu,-DBDGLM_TESTS=ON,$(BUILD))
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) -LE slow -j $(JOBS) --output-on-failure

test-slow: setup
	@mkdir -p $(BUILD) && $(call configure,cpu,-DBDGLM_TESTS=ON,$(BUILD))
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) -L slow -j $(JOBS) --output-on-failure

test-python: setup
	@scripts/python_test.sh

docs:
	@scripts/docs.sh

bench: setup
	@mkdir -p $(BUILD) && $(call configure,cpu,-DBDGLM_BENCHMARKS=ON,$(BUILD))
	@cmake --build $(BUILD) -j $(JOBS) --target kernels_benchmark polya_gamma_benchmark sweep_benchmark chains_benchmark
	@$(BUILD)/polya_gamma_benchmark && $(BUILD)/kernels_benchmark && $(BUILD)/sweep_benchmark glm glmm gaussian

cuda:
	@mkdir -p build-cuda && $(call configure,cuda,,build-cuda)
	@cmake --build build-cuda -j $(JOBS)
	@scripts/kernel_registers.sh build-cuda > build-cuda/registers.txt
	@echo "registers, stack and spills of every kernel: build-cuda/registers.txt"

sanitize: setup
	@mkdir -p build-debug && $(call configure,debug,,build-debug)
	@cmake --build build-debug -j $(JOBS)
	@ctest --test-dir build-debug -LE slow -E 'Geweke|Invariance|OverTheGrid|arviz' -j $(JOBS) --output-on-failure

format:
	@git ls-files '*.cpp' '*.hpp' '*.inl' '*.cu' '*.cuh' | xargs clang-format -i

tidy: setup
	@mkdir -p build-tidy && $(call configure,cpu,-B build-tidy -DBDGLM_PRECOMPILE=OFF -DBDGLM_UNITY=OFF,build-tidy)
	@git ls-files 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy -p build-tidy --quiet --extra-arg=-Wno-unknown-warning-option

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

wheel: setup
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) scripts/wheel.sh

package: setup
	@scripts/package.sh $(PACKAGE_BUILD) $(JOBS)
	@scripts/package_check.sh "$$(ls -t dist/*.deb | head -n 1)" || [ $$? -eq 77 ]

clean:
	@rm -rf build build-cuda build-debug build-docs build-package build-tidy build-wheel demo-out
