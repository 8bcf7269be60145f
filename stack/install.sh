#!/usr/bin/env bash
# Installs the real servers that the tests, the benchmarks and `make live` use. Says nothing and is done in a moment
# when all is there. Debian packages by apt, Elasticsearch and Zipkin by the Maven client from the repository that it is
# set up with.
#
#   EVENTRAIL_CACHE   where Elasticsearch and Zipkin are kept, shared by all checkouts
set -euo pipefail

elasticsearch_8=8.19.8    # runs on Java 17
elasticsearch_9=9.5.0     # needs Java 21; installed only where one is present
zipkin=3.5.1              # needs Java 17
# SHA-256 of what is fetched. Not every mirror serves the checksums that stand beside the files in the repository.
declare -A sha256=(
    [elasticsearch-$elasticsearch_8.zip]=8d943e94cef02cbceb6e39cd00175bb04e5f882fa32783a473880b8691a54376
    [elasticsearch-$elasticsearch_9.zip]=db0e275fd790f723eca7bcde96069fd6fed304ad23afdb70c8c09553dd9e8b1b
    [zipkin-server-$zipkin-exec.jar]=7ac633a6832647e71e50012a5e3e91fbc7054414955261724526030faf271d8d
)
dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
server_user=eventrail

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

if [ "$(id -u)" = 0 ]; then
    # The servers then run as $server_user, which cannot look into root's home.
    cache=${EVENTRAIL_CACHE:-/var/cache/eventrail}
else
    cache=${EVENTRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eventrail}
fi

# --- Debian packages ------------------------------------------------------------------------------------------------

# The highest major version among the Java runtimes on this machine, 0 if there is none.
newest_java() {
    local newest=0 java major
    for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
        [ -x "$java" ] || continue
        major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
        if [ "${major:-0}" -gt "$newest" ]; then newest=$major; fi
    done
    echo "$newest"
}

installed() {
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in rabbitmq-server prometheus prometheus-node-exporter rsyslog rsyslog-elasticsearch \
    chromium fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji; do
    installed "$package" || missing+=("$package")
done
java=$(newest_java)
[ "$java" -ge 17 ] || missing+=(openjdk-17-jre-headless)

elasticsearch_home() {
    echo "$cache/elasticsearch-$1"
}
zipkin_jar=$cache/zipkin-server-$zipkin-exec.jar

wanted=()
[ -e "$(elasticsearch_home $elasticsearch_8)/lib" ] || wanted+=("$elasticsearch_8")
if [ "$java" -ge 21 ] && [ ! -e "$(elasticsearch_home $elasticsearch_9)/lib" ]; then
    wanted+=("$elasticsearch_9")
fi
if { [ ${#wanted[@]} -gt 0 ] || [ ! -e "$zipkin_jar" ]; } && ! command -v mvn >/dev/null; then
    missing+=(maven)
fi

# Debian starts a server as soon as it is installed, and again at every boot. These are wanted as programs only, so the
# start is refused while apt runs, and the units of the packages that were not there before are disabled.
install_packages() {
    local policy=/usr/sbin/policy-rc.d ours=""
    if [ ! -e "$policy" ]; then
        ours=$policy
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        # shellcheck disable=SC2064  # the path is fixed now
        trap "$([ "$(id -u)" = 0 ] || echo sudo) rm -f '$ours'" EXIT
    fi
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
    if [ -d /run/systemd/system ]; then
        local package
        for package in "$@"; do
            case $package in
                rabbitmq-server | prometheus | prometheus-node-exporter) as_root systemctl disable --quiet "$package" ;;
                rsyslog) as_root systemctl disable --quiet rsyslog ;;
            esac
        done
    fi
    if [ -n "$ours" ]; then as_root rm -f "$ours"; fi
}

if [ ${#missing[@]} -gt 0 ]; then
    echo "install: Debian packages: ${missing[*]}"
    install_packages "${missing[@]}"
fi

# --- The user that servers run as when the caller is root (Elasticsearch refuses to run as root) ----------------------

if [ "$(id -u)" = 0 ] && ! id "$server_user" >/dev/null 2>&1; then
    echo "install: system user $server_user"
    useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$server_user"
fi

# --- Elasticsearch and Zipkin -----------------------------------------------------------------------------------------

# fetch ARTIFACT FOLDER FILE: copies group:name:version:type[:classifier] into FOLDER, where it is FILE, and refuses one
# that is not the one meant.
fetch() {
    mvn --batch-mode --quiet "$dependency_plugin:copy" -Dartifact="$1" -DoutputDirectory="$2" -Dmdep.useBaseVersion=true
    if ! (cd "$2" && sha256sum --status --check <<<"${sha256[$3]}  $3"); then
        echo "install: $3 is not the file that was meant: its SHA-256 is $(sha256sum "$2/$3" | cut -d' ' -f1)," \
            "expected ${sha256[$3]}; a mirror serves another one, or the transfer broke off: run it again" >&2
        return 1
    fi
}

# The distribution that Elastic publishes for integration tests: the real server with fewer modules.
install_elasticsearch() {
    local version=$1 home work
    home=$(elasticsearch_home "$version")
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/unpack.XXXXXX")
    echo "install: Elasticsearch $version into $home"
    (
        cd "$work"
        fetch "org.elasticsearch.distribution.integ-test-zip:elasticsearch:$version:zip" "$work" \
            "elasticsearch-$version.zip"
        python3 -m zipfile --extract "elasticsearch-$version.zip" "$work"
    )
    chmod -R a+rX "$work"
    chmod a+x "$work/elasticsearch-$version"/bin/*
    # Renamed only when complete, so that an interrupted run leaves nothing that looks installed.
    rm -rf "$home"
    mv "$work/elasticsearch-$version" "$home"
    rm -rf "$work"
}

# One jar that holds the server and its page.
install_zipkin() {
    local work
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/unpack.XXXXXX")
    echo "install: Zipkin $zipkin into $zipkin_jar"
    (cd "$work" && fetch "io.zipkin:zipkin-server:$zipkin:jar:exec" "$work" "zipkin-server-$zipkin-exec.jar")
    chmod a+r "$work/zipkin-server-$zipkin-exec.jar"
    mv "$work/zipkin-server-$zipkin-exec.jar" "$zipkin_jar"
    rm -rf "$work"
}

for version in "${wanted[@]}"; do
    install_elasticsearch "$version"
done
[ -e "$zipkin_jar" ] || install_zipkin
