#!/usr/bin/env bash
# The name of this system's archive, and the folder that it is kept in.
set -euo pipefail

fail() {
    printf '::error::%s\n' "$1"
    exit 1
}

[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
    fail "the version is not of the form 0.1.0"
case $RUNNER_OS-$RUNNER_ARCH in
    Linux-X64) target=x86_64-unknown-linux-musl.tar.gz ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl.tar.gz ;;
    macOS-X64) target=x86_64-apple-darwin.tar.gz ;;
    macOS-ARM64) target=aarch64-apple-darwin.tar.gz ;;
    Windows-X64) target=x86_64-pc-windows-msvc.zip ;;
    *) fail "there is no uns3 for $RUNNER_OS on $RUNNER_ARCH" ;;
esac
{
    echo "name=uns3-$VERSION-$target"
    echo "folder=$RUNNER_TEMP/uns3-archive"
} >>"$GITHUB_OUTPUT"
