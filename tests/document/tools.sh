# Sourced by the scripts that check the document: installs what they need into target/document/tools, once for each
# version of the lists, and names it.

tools=target/document/tools

install_tools() {
    local wanted
    wanted=$(cat tests/document/requirements.txt tests/document/package.json | sha256sum)
    if [[ -f $tools/installed && $(<"$tools/installed") == "$wanted" ]]; then
        return
    fi
    echo "installing tools into $tools"
    rm -rf "$tools"
    mkdir -p "$tools"
    python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check --requirement tests/document/requirements.txt
    cp tests/document/package.json "$tools/"
    npm install --prefix "$tools" --ignore-scripts --no-fund --no-audit --loglevel=error
    printf '%s\n' "$wanted" >"$tools/installed"
}

# Neither Redocly nor npm is to ask the network for news of itself.
export REDOCLY_SUPPRESS_UPDATE_NOTICE=true REDOCLY_TELEMETRY=off NPM_CONFIG_UPDATE_NOTIFIER=false

python() { "$tools/python/bin/python" "$@"; }

# Where cargo puts what it builds, which CARGO_TARGET_DIR and cargo's configuration may have moved.
target_directory() { cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'; }

# Builds the sandbox as a program of its own, for tests/document/servers.py, and other examples with it.
build_sandbox() {
    local example wanted=(--example sandbox)
    for example in "$@"; do wanted+=(--example "$example"); done
    echo "building the sandbox"
    cargo build --quiet --features full --package engagelab-otp-examples "${wanted[@]}"
    SANDBOX=$(target_directory)/debug/examples/sandbox
    export SANDBOX
}
