#!/usr/bin/env bash
# Downloads the archive where the cache did not have it, verifies it, and unpacks it.
set -euo pipefail

fail() {
    printf '::error::%s\n' "$1"
    exit 1
}

release=$SERVER/$REPOSITORY/releases/download/v$VERSION
archive=$FOLDER/$NAME
mkdir -p "$FOLDER"

download() {
    curl --fail --silent --show-error --location --proto-redir =https --retry 3 --output "$2.part" "$1" &&
        mv "$2.part" "$2"
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

[ -f "$archive" ] || download "$release/$NAME" "$archive" || fail "cannot download $release/$NAME"

wanted=$CHECKSUM
if [ -z "$wanted" ]; then
    download "$release/SHA256SUMS" "$FOLDER/SHA256SUMS" || fail "cannot download $release/SHA256SUMS"
    wanted=$(awk -v name="$NAME" '$2 == name { print $1 }' "$FOLDER/SHA256SUMS")
fi
is=$(sha256 "$archive")
if [ "$is" != "$(printf %s "$wanted" | tr 'A-F' 'a-f')" ]; then
    # Nor may the cache keep it.
    rm -f "$archive"
    fail "the SHA-256 of $NAME is $is, not ${wanted:-in the list of the release}"
fi

# Who built it: the release workflow of the repository that the Action is from, and nothing else.
gh attestation verify "$archive" --repo "$REPOSITORY" \
    --signer-workflow "$REPOSITORY/.github/workflows/release.yml" >/dev/null || {
    rm -f "$archive"
    fail "$NAME has no attestation that the release workflow of $REPOSITORY built it"
}

target=$RUNNER_TEMP/uns3-$VERSION
mkdir -p "$target"
case $NAME in
    *.zip) unzip -qo "$archive" -d "$target" ;;
    *) tar -xzf "$archive" -C "$target" ;;
esac
binary=$(find "$target" -type f \( -name uns3 -o -name uns3.exe \) | head -n 1)
[ -n "$binary" ] || fail "there is no uns3 in $NAME"
echo "path=$binary" >>"$GITHUB_OUTPUT"
dirname "$binary" >>"$GITHUB_PATH"
