#!/bin/sh
# Brings the tables of the viewer here. Each set of them has a folder of its own, and the file `current` names the one that is
# whole; what is brought is never changed, so the viewer on it is not disturbed.
#
#   fetch.sh once    until the first set is there, however long it takes until something is published
#   fetch.sh watch   look for something newer for ever, and keep what is there if that fails
#
# INPUTS has a line for each port: PORT published|key LOCATION required|optional
set -eu
folder=${FOLDER:-/srv/machiya}
store="${STORE:-store:$BUCKET}"

say() { printf '%s fetch: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >&2; }
# Argument "" instead of a file: the store is set up by the environment alone.
copy() { rclone --config "" --retries 3 --transfers 8 --log-level ERROR "$@"; }
# A sleep that SIGTERM ends.
pause() { sleep "$1" & wait $!; }
trap 'exit 143' TERM INT

# Whether an object is there: 0 yes, 1 no, 2 not known.
there() {
    code=0
    found=$(copy lsf "$store/$1" 2>"$folder/.problem") || code=$?
    case $code in
    0) [ -n "$found" ] ;;
    3 | 4) return 1 ;;
    *)
        say "the store cannot be read: $(tail -n 1 "$folder/.problem")"
        return 2
        ;;
    esac
}

# The prefix that a pointer names. It is one JSON object of texts and numbers; the one object in it, `earlier`, has a key, too.
key_in() {
    tr -d '\n' | sed -n -e 's/"earlier"[[:space:]]*:[[:space:]]*{[^}]*}//' \
        -e 's/.*"key"[[:space:]]*:[[:space:]]*"\([A-Za-z0-9._=\/-]*\)".*/\1/p'
}

# The lines PORT KEY that are to be had now. What is required and not there is told.
wanted() {
    printf '%s\n' "$INPUTS" | while read -r port kind location need; do
        [ -n "$port" ] || continue
        key=$location
        if [ "$kind" = published ]; then
            there "published/$location.json" || {
                [ $? -eq 1 ] || exit 1
                [ "$need" = optional ] && continue
                say "nothing is published at published/$location.json yet"
                exit 1
            }
            key=$(copy cat "$store/published/$location.json" | key_in)
        fi
        case $key in
        '' | /* | *..*)
            say "published/$location.json names no usable key for $port: '$key'"
            exit 1
            ;;
        esac
        printf '%s %s\n' "$port" "$key"
    done
}

bring() {
    part=$1
    rm -rf "$part"
    mkdir -p "$part/out"
    while read -r port key; do
        mkdir -p "$part/in/$port"
        copy copy "$store/$key" "$part/in/$port" </dev/null || return 1
        if [ -z "$(find "$part/in/$port" -type f | head -n 1)" ]; then
            say "there is nothing at $key, which $port is to be"
            return 1
        fi
    done <"$folder/wanted"
}

refresh() {
    wanted >"$folder/wanted" || return 1
    set_id=$(sha256sum <"$folder/wanted" | cut -c 1-16)
    serving=$(cat "$folder/current" 2>/dev/null || true)
    [ "$set_id" = "$serving" ] && return 0
    bring "$folder/.partial" || return 1
    # Viewers side by side do not take over at the same moment.
    [ -z "$serving" ] || [ "${SPREAD_SECONDS:-0}" -eq 0 ] ||
        pause $(($(od -An -N2 -tu2 /dev/urandom) % (SPREAD_SECONDS + 1)))
    # `set -e` does not hold in here: a disk without room must not leave a name that is cut off.
    rm -rf "${folder:?}/$set_id" && mv "$folder/.partial" "$folder/$set_id" || return 1
    printf '%s' "$set_id" >"$folder/.current" && mv "$folder/.current" "$folder/current" || return 1
    # The set before stays until the next time: the viewer is on it until it has taken over.
    for old in "$folder"/*/; do
        old=$(basename "$old")
        [ "$old" = "$set_id" ] || [ "$old" = "$serving" ] || rm -rf "${folder:?}/$old"
    done
    say "brought $(tr '\n' ' ' <"$folder/wanted")as $set_id"
}

case ${1:-} in
once)
    until refresh; do pause "${POLL_SECONDS:-60}"; done
    ;;
watch)
    while :; do
        pause "${POLL_SECONDS:-60}"
        refresh || say "kept what is there"
    done
    ;;
*)
    say "fetch.sh once|watch"
    exit 64
    ;;
esac
