#!/usr/bin/env bash
# third_party.sh - gets a model server that others wrote: llama.cpp's llama-server and, beside it,
# llama-cpp-python's server, both from the source package llama-cpp-python on PyPI.
#
#     SLEEPBENCH_INTEROP_CACHE=DIR third_party.sh
#
# DIR (default build/interop/third) then has bin/llama-server, python/llama_cpp, venv/ and tiny.gguf,
# a model with random weights made on the spot. What is there is not made again; an interrupted build
# goes on where it was. The first build takes a quarter of an hour of two cores; SLEEPBENCH_BUILD_JOBS
# (default 2) says how many. With SLEEPBENCH_LLAMA_SERVER, the path of a llama-server, nothing is
# built. Nothing is downloaded but packages from PyPI; the source package is pinned by its digest.
#
# Exit code 0: all there. 77: it cannot be had here; the last line of standard output says why.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${SLEEPBENCH_INTEROP_CACHE:-$top/build/interop/third}
version=0.3.36
digest=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
mkdir -p "$cache" || exit 1
cache=$(cd "$cache" && pwd)
log=$cache/log

cannot() {
    echo "$1"
    exit 77
}

reason() { grep -v '^$' "$log" | tail -n 1; }

in_venv() { # PACKAGE...
    timeout 600 "$cache/venv/bin/pip" -q install --retries 1 --timeout 20 "$@" >"$log" 2>&1 ||
        cannot "pip cannot install $*: $(reason)"
}

make_venv() {
    [ -e "$cache/venv/installed" ] && return
    rm -rf "$cache/venv"
    python3 -m venv "$cache/venv" >"$log" 2>&1 || cannot "python3 -m venv fails: $(reason)"
    in_venv gguf numpy jinja2 diskcache typing-extensions uvicorn fastapi pydantic-settings sse-starlette \
        'starlette-context<0.4' PyYAML
    : >"$cache/venv/installed"
}

unpack() {
    [ -e "$cache/source/unpacked" ] && return
    rm -rf "$cache/source"
    mkdir -p "$cache/source"
    echo "llama-cpp-python==$version --hash=sha256:$digest" >"$cache/source/pin.txt"
    timeout 900 "$cache/venv/bin/pip" download -q --no-deps --no-binary llama-cpp-python --require-hashes \
        -r "$cache/source/pin.txt" -d "$cache/source" >"$log" 2>&1 ||
        cannot "pip cannot download llama-cpp-python: $(reason)"
    tar -xzf "$cache"/source/*.tar.gz -C "$cache/source" --strip-components 1 || exit 1
    : >"$cache/source/unpacked"
}

build() {
    local tool
    if [ -n "${SLEEPBENCH_LLAMA_SERVER:-}" ]; then
        [ -x "$SLEEPBENCH_LLAMA_SERVER" ] || cannot "SLEEPBENCH_LLAMA_SERVER is no program: $SLEEPBENCH_LLAMA_SERVER"
        mkdir -p "$cache/bin"
        ln -sf "$SLEEPBENCH_LLAMA_SERVER" "$cache/bin/llama-server"
        return
    fi
    [ -x "$cache/bin/llama-server" ] && return
    command -v c++ >/dev/null || cannot "no C++ compiler"
    unpack
    PATH=$PATH:$cache/venv/bin
    for tool in cmake ninja; do
        command -v "$tool" >/dev/null || in_venv "$tool"
    done
    # A web page, HTTPS and tests are left out; the page would be fetched from elsewhere.
    cmake -G Ninja -S "$cache/source/vendor/llama.cpp" -B "$cache/objects" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DBUILD_SHARED_LIBS=ON \
        -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON "-DCMAKE_INSTALL_RPATH=\$ORIGIN" -DGGML_NATIVE=OFF \
        -DGGML_OPENMP=OFF -DGGML_CCACHE=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF \
        -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
        -DLLAMA_ALL_WARNINGS=OFF >"$log" 2>&1 || cannot "cmake: $(reason)"
    nice -n 15 ninja -C "$cache/objects" -j "${SLEEPBENCH_BUILD_JOBS:-2}" llama-server >"$log" 2>&1 ||
        cannot "the build stopped: $(reason)"
    rm -rf "$cache/bin.new" "$cache/bin" "$cache/python"
    mkdir "$cache/bin.new" "$cache/python"
    cp -P "$cache"/objects/bin/llama-server "$cache"/objects/bin/*.so* "$cache/bin.new" || exit 1
    cp -R "$cache/source/llama_cpp" "$cache/python" || exit 1
    mv "$cache/bin.new" "$cache/bin"
    rm -rf "$cache/objects" "$cache/source"
}

make_venv
build
"$cache/venv/bin/python" "$top/tests/interop/tiny_model.py" "$cache/tiny.gguf" >"$log" 2>&1 ||
    cannot "the model cannot be made: $(reason)"
"$cache/bin/llama-server" --version >"$log" 2>&1 || cannot "llama-server does not run: $(reason)"
grep -E '^version' "$log"
