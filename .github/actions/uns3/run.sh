#!/usr/bin/env bash
# Runs the command. Its words are split, by xargs, as a shell would split them; no shell sees them.
set -uo pipefail

arguments=()
while IFS= read -r -d '' argument; do
    arguments+=("$argument")
done < <(xargs printf '%s\0' <<<"$COMMAND")

result=$(mktemp)
"$UNS3" "${arguments[@]}" </dev/null | tee "$result"
code=${PIPESTATUS[0]}

# What was written may hold any line but one that nobody can guess.
end=end-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
{
    echo "exit-code=$code"
    echo "result<<$end"
    cat "$result"
    echo
    echo "$end"
} >>"$GITHUB_OUTPUT"
rm -f "$result"

for accepted in 0 $ACCEPT; do
    [ "$code" != "$accepted" ] || exit 0
done
exit "$code"
