#!/usr/bin/env bash
# Every test, the quick ones first. All stages run, so that one report tells all that is wrong; fails when any does, or
# when a stage finds no test. Call it by `make test`, which installs what it needs.
#
#   scripts/test.sh [STAGE…]     only these of: checks fast servers bank browser
set -uo pipefail
cd "$(dirname "$0")/.."

stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(checks fast servers bank browser)

tests() {  # tests MARKERS SECONDS [OPTION…]: SECONDS is how long one test may take, its fixtures included
    .venv/bin/pytest -q -m "$1" --timeout "$2" --hypothesis-profile thorough "${@:3}"
}

run() {
    case $1 in
        checks) make --no-print-directory lint types ;;
        fast) tests "not servers and not bank and not browser" 240 -n auto --dist worksteal ;;
        servers) tests "servers and not bank and not browser" 600 ;;
        bank) tests "bank and not browser" 2400 ;;
        browser) tests "browser" 600 ;;
        *) echo "test.sh: unknown stage $1; there are: checks fast servers bank browser" >&2; return 2 ;;
    esac
}

report=""
failed=0
for stage in "${stages[@]}"; do
    printf '\n=== %s\n' "$stage"
    started=$SECONDS
    status=0
    run "$stage" || status=$?
    case $status in
        0) word=passed ;;
        5) word="FAILED: no test found" ;;
        *) word="FAILED: status $status" ;;
    esac
    [ "$status" = 0 ] || failed=1
    report+=$(printf '%-8s %4d s  %s' "$stage" $((SECONDS - started)) "$word")$'\n'
done

printf '\n=== make test\n%s' "$report"
if [ $failed = 0 ]; then echo "all stages passed"; else echo "NOT all stages passed"; fi
exit $failed
